import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Authority,
  type CertificateInfo,
  createRoot,
  inspect,
  issueIntermediate,
  issueLeaf,
} from '../../../src/pki/index.ts';
import type { MeshCluster } from '../../../src/provider/index.ts';
import { silentReporter } from '../../../src/report/index.ts';
import type { RotationContext } from '../../../src/rotation/context.ts';
import { rootsDiffer } from '../../../src/rotation/gates/compare-roots.ts';
import { type Gate, type GateLook, passGate } from '../../../src/rotation/gates/gate.ts';
import { lastEvent } from '../../../src/rotation/gates/istiod-roots.ts';
import { isOfNewAuthority } from '../../../src/rotation/gates/leaves.ts';

let old: Authority;
let next: Authority;
const info = (authority: Authority): CertificateInfo => inspect(authority.certificatePem);

beforeAll(async () => {
  [old, next] = [
    await createRoot({ algorithm: 'ecdsa-p256', years: 1 }),
    await createRoot({ algorithm: 'ecdsa-p256', years: 1 }),
  ];
});

async function chainBelow(root: Authority) {
  const intermediate = await issueIntermediate({
    root,
    cluster: 'a',
    meshName: 'm',
    days: 30,
    algorithm: 'ecdsa-p256',
  });
  const leaf = await issueLeaf({ issuer: intermediate, commonName: 'x', usages: ['client'], days: 1 });
  return { serial: inspect(intermediate.certificatePem).serial, chain: leaf.certificatePem + leaf.chainPem };
}

describe('rootsDiffer', () => {
  const both = () => new Set([info(old).fingerprintSha256, info(next).fingerprintSha256]);

  it('takes order and repetition for nothing', () => {
    const pem = next.certificatePem + old.certificatePem + next.certificatePem;
    expect(rootsDiffer(pem, both())).toBeUndefined();
  });

  it('says what is missing and what is left', () => {
    expect(rootsDiffer(old.certificatePem, both())).toMatch(/^lacks root [0-9a-f]{16}$/);
    const only = new Set([info(next).fingerprintSha256]);
    expect(rootsDiffer(old.certificatePem + next.certificatePem, only)).toMatch(/^still has root/);
    expect(rootsDiffer('', only)).toMatch(/^lacks/);
  });
});

describe('isOfNewAuthority', () => {
  it('goes by the chain up to the root, whether the chain holds the root or not', async () => {
    const { chain } = await chainBelow(next);
    const expected = { roots: new Set<string>(), signer: info(next) };
    expect(isOfNewAuthority(chain, expected)).toBe(true);
    expect(isOfNewAuthority(chain.replace(info(next).pem, ''), expected)).toBe(true);
    expect(isOfNewAuthority((await chainBelow(old)).chain, expected)).toBe(false);
  });

  it('follows the signatures, not the roots that istiod puts behind the chain', async () => {
    const both = [info(old).pem, info(next).pem];
    const behind = async (root: Authority, roots: readonly string[]) =>
      (await chainBelow(root)).chain + roots.join('');
    const expected = { roots: new Set<string>(), signer: info(next) };
    for (const roots of [both, both.toReversed()]) {
      expect(isOfNewAuthority(await behind(next, roots), expected)).toBe(true);
      expect(isOfNewAuthority(await behind(old, roots), expected)).toBe(false);
    }
  });

  it('does not take a retired intermediate of the same root', async () => {
    const { chain, serial } = await chainBelow(next);
    const expected = { roots: new Set<string>(), signer: info(next), retired: new Set([serial]) };
    expect(isOfNewAuthority(chain, expected)).toBe(false);
  });

  it('takes a certificate without an issuer for none of ours', () => {
    expect(isOfNewAuthority(old.certificatePem, { roots: new Set(), signer: info(old) })).toBe(false);
  });
});

describe('lastEvent', () => {
  const reading = '2026-08-27T10:00:00Z\tinfo\tUpdate Istiod cacerts';
  const taken =
    '…\tIstiod has detected the newly added intermediate CA and updated its key and certs accordingly';
  const refused = '…\twarn\tUpdating new ROOT-CA not supported';

  it('goes by what istiod said last', () => {
    expect(lastEvent([reading, refused, reading, taken, 'something else'].join('\n'))?.state).toBe('taken');
    expect(lastEvent([reading, taken, reading, refused].join('\n'))).toEqual({
      state: 'refused',
      line: refused.trim(),
    });
    expect(lastEvent([taken, reading].join('\n'))?.state).toBe('reading');
    expect(lastEvent('nothing of it')).toBeUndefined();
  });

  it('knows the refusal of an istiod that may have one root only', () => {
    expect(lastEvent('warn\tMulti root is disabled, updating new ROOT-CA not supported')?.state).toBe(
      'refused',
    );
  });
});

describe('passGate', () => {
  const named = (name: string) => ({ spec: { name } }) as MeshCluster;
  const clusters = [named('a'), named('b')];
  const context = {
    clusters,
    gateTimeoutMs: 5_000,
    steps: [],
    reporter: silentReporter,
    signal: new AbortController().signal,
  } as unknown as RotationContext;

  it('stirs the clusters in which a gate stays shut, and has their kubelets look again', async () => {
    const stirred: string[] = [];
    let nudges = 0;
    const gate: Gate = {
      title: 'every proxy asked again',
      nudges: false,
      pending: async ({ cluster }: GateLook) =>
        cluster.spec.name === 'b' && stirred.length < 2 ? ['a proxy hangs'] : [],
      stir: { afterMs: 50, act: async ({ cluster }) => void stirred.push(cluster.spec.name) },
    };
    const nudge = {
      again: async () => {
        nudges += 1;
      },
    } as never;
    await passGate(context, gate, { phase: 'sign new', clusters, expected: new Map(), nudge });
    expect(stirred).toEqual(['b', 'b']);
    expect(nudges).toBeGreaterThan(0);
  });
});
