import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Facts } from '../../../../src/checks/facts/facts.ts';
import { secrets } from '../../../../src/checks/remotes/secrets.ts';
import { remoteSecretName } from '../../../../src/istio/index.ts';
import type { KubeConnection, Secret } from '../../../../src/kubernetes/index.ts';
import { createRoot } from '../../../../src/pki/index.ts';
import { FakeMesh } from '../../../fakes/mesh.ts';
import { pod } from '../faults/fault.ts';

const own = await createRoot({ subject: 'eks-3', algorithm: 'ecdsa-p256', years: 1 });
const other = await createRoot({ subject: 'other', algorithm: 'ecdsa-p256', years: 1 });
const straight = 'https://api.eks-3.invalid:6443';
const gateway = 'https://egress.gateways.invalid:443';

let mesh: FakeMesh;
beforeEach(async () => {
  mesh = await FakeMesh.healthy(['eks-1', 'eks-2', 'eks-3']);
  mesh.member('eks-3').server.put({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { namespace: 'kube-system', name: 'kube-root-ca.crt' },
    data: { 'ca.crt': own.certificatePem },
  });
  for (const holder of ['eks-1', 'eks-2']) await goes(holder, straight, truly);
});
afterEach(() => mesh.close());

interface Verified {
  readonly authority?: string | undefined;
  readonly name?: string;
  /** Whose remote secret it is; eks-3's without it. */
  readonly peer?: string;
}
const truly = { authority: own.certificatePem };

/** The holder's remote secret names this address and authority. */
async function goes(
  holder: string,
  address: string,
  { authority, name, peer = 'eks-3' }: Verified,
): Promise<void> {
  const { server, cluster } = mesh.member(holder);
  const ref = { apiVersion: 'v1', kind: 'Secret', namespace: 'istio-system', name: remoteSecretName(peer) };
  const held = (await cluster.kube.get<Secret>(ref)) as Secret;
  const text = Buffer.from(held.data?.[peer] ?? '', 'base64').toString();
  const more = [
    ...(authority ? [`certificate-authority-data: ${Buffer.from(authority).toString('base64')}`] : []),
    ...(name ? [`tls-server-name: ${name}`] : []),
  ];
  const plain = text.replace(/^ *(certificate-authority-data|tls-server-name):.*\n/gm, '');
  const moved = plain.replace(/^( *)server: .*/m, (_line, indent: string) =>
    [`server: ${address}`, ...more].map((line) => indent + line).join('\n'),
  );
  server.put({ ...held, data: { [peer]: Buffer.from(moved).toString('base64') } });
}

/** Its istiod began long after its remote secrets were written. */
function restart(holder: string): void {
  const { server } = mesh.member(holder);
  const place = { kind: server.store.kindOf('v1', 'Pod'), namespace: 'istio-system', name: pod('istiod') };
  const startedAt = new Date(Date.now() + 60_000).toISOString();
  const containerStatuses = [{ name: 'discovery', state: { running: { startedAt } } }];
  server.store.merge(place, { status: { containerStatuses } }, { manager: 'kubelet', dryRun: false });
}

/** This machine reaches eks-3 straight and verifies nothing. */
async function surroundings(more: Partial<KubeConnection> = {}) {
  const context = await mesh.context();
  const target = context.clusters.find(({ spec }) => spec.name === 'eks-3');
  const { kube } = target ?? {};
  if (!kube) throw new Error('no eks-3');
  Object.assign(kube, { connection: { ...kube.connection, apiServerForPeers: straight, ...more } });
  return { ...context, facts: new Facts(context) };
}

/** What the check says of a cluster. */
async function told(holder: string, more: Partial<KubeConnection> = {}) {
  const context = await surroundings(more);
  const cluster = context.clusters.find(({ spec }) => spec.name === holder);
  if (!cluster) throw new Error(`no ${holder}`);
  const outcome = await secrets.run(context, cluster);
  return 'problems' in outcome
    ? [outcome.status, ...outcome.problems.map(({ message }) => message)]
    : [outcome.status];
}

describe('of three clusters, one reached through a gateway by a single peer', () => {
  it('passes for both peers, each by its own way', async () => {
    await goes('eks-1', gateway, truly);
    restart('eks-1');
    expect([await told('eks-1'), await told('eks-2')]).toEqual([['pass'], ['pass']]);
  });

  it('says nothing of the other peer where the way is not proven', async () => {
    await goes('eks-1', gateway, truly);
    expect(await told('eks-1')).toEqual([
      'warn',
      expect.stringMatching(new RegExp(`^names ${gateway} .* it is not proven to lead there$`)),
    ]);
    expect(await told('eks-2')).toEqual(['pass']);
  });
});

it('asks an istiod once how it fares, of however many peers', async () => {
  for (const peer of ['eks-2', 'eks-3']) await goes('eks-1', gateway, { ...truly, peer });
  const { server } = mesh.member('eks-1');
  server.logs = () => '';
  const before = server.seen.length;
  expect(await told('eks-1')).toEqual(['warn', expect.any(String), expect.any(String)]);
  const urls = server.seen.slice(before).map(({ url }) => url);
  const asked = (part: string) => urls.filter((url) => url.includes(part)).length;
  expect([asked('/log?'), asked('/portforward'), asked('/pods?labelSelector')]).toEqual([1, 1, 2]);
});

describe('a kubeconfig that does not verify its API server', () => {
  it.each([
    ['another', other.certificatePem],
    ['no', undefined],
  ])('does not hide that a remote secret has %s authority', async (_what, authority) => {
    await goes('eks-2', straight, { authority });
    expect(await told('eks-2')).toEqual(['fail', expect.stringContaining('another certificate authority')]);
  });

  it('is asked once for its cluster’s authority, whoever holds a remote secret of it', async () => {
    const context = await surroundings();
    const holders = context.clusters.filter(({ spec }) => spec.name !== 'eks-3');
    const { seen } = mesh.member('eks-3').server;
    const before = seen.length;
    for (const holder of holders) await secrets.run(context, holder);
    const asked = seen.slice(before).filter(({ url }) => url.includes('/kube-root-ca.crt'));
    expect([holders.length, asked.length]).toEqual([2, 1]);
  });

  it('warns where the cluster does not tell its authority', async () => {
    const place = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'kube-system', name: 'kube-root-ca.crt' };
    mesh.member('eks-3').server.drop(place);
    expect(await told('eks-2')).toEqual(['warn', expect.stringContaining('cannot be compared')]);
  });
});

describe('a kubeconfig that verifies by another name', () => {
  const named = { serverNameForPeers: 'api.corp' };

  it('finds a remote secret that does not', async () =>
    expect(await told('eks-2', named)).toEqual(['fail', expect.stringContaining('is of api.corp')]));

  it('passes one that does, and asks no name of one that goes through a gateway', async () => {
    await goes('eks-2', straight, { ...truly, name: 'api.corp' });
    await goes('eks-1', gateway, truly);
    restart('eks-1');
    expect([await told('eks-1', named), await told('eks-2', named)]).toEqual([['pass'], ['pass']]);
  });
});
