import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sampled } from '../../../src/checks/facts/trust-facts.ts';
import { catalogue, runChecks } from '../../../src/checks/index.ts';
import type { RunningPod } from '../../../src/istio/index.ts';
import type { KubeObject } from '../../../src/kubernetes/index.ts';
import { createRoot } from '../../../src/pki/index.ts';
import type { Outcome } from '../../../src/report/index.ts';
import { FakeMesh } from '../../fakes/mesh.ts';

const running = (name: string, namespace = 'shop'): RunningPod => ({
  namespace,
  name,
  ip: '',
  node: '',
  ready: true,
  containers: [],
  labels: {},
});
const replicas = (workload: string, count: number): string[] =>
  Array.from({ length: count }, (_, at) => `${workload}-6d5f7b9c8-abc${String(at).padStart(2, '0')}`);

describe('of very many proxies', () => {
  it('one of every workload is asked before a second of any', () => {
    const big = replicas('big', 60).map((name) => running(name));
    const rare = [running('rare-6d5f7b9c8-abcde'), running('db-0'), running('big-6d5f7b9c8-abcde', 'other')];
    const asked = sampled([...big, ...rare]);
    expect(asked).toHaveLength(40);
    expect(asked.slice(0, 4)).toEqual([big[0], ...rare]);
    expect(asked.slice(4)).toEqual(big.slice(1, 37));
  });

  it('the pods of a StatefulSet are one workload', () => {
    const all = ['db-0', 'db-1', 'web-6d5f7b9c8-abcde'].map((name) => running(name));
    expect(sampled(all, 2).map(({ name }) => name)).toEqual(['db-0', 'web-6d5f7b9c8-abcde']);
  });

  it('all are asked where there are no more', () => {
    const few = replicas('big', 40).map((name) => running(name));
    expect(sampled(few)).toEqual(few);
  });
});

describe('the roots of proxies', () => {
  let mesh: FakeMesh;
  beforeEach(async () => {
    mesh = await FakeMesh.healthy();
  });
  afterEach(() => mesh.close());

  const put = (namespace: string, ...names: string[]) =>
    mesh.member('eks-2').server.put(
      ...names.map(
        (name): KubeObject => ({
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { namespace, name, labels: { app: name } },
          spec: { nodeName: 'node-1', containers: [{ name: 'istio-proxy', image: 'proxyv2' }] },
          status: {
            phase: 'Running',
            podIP: '10.2.0.99',
            conditions: [
              {
                type: 'Ready',
                status: 'True',
                lastTransitionTime: '2026-01-01T00:00:00Z' as unknown as Date,
              },
            ],
          },
        }),
      ),
    );

  const trust = async (): Promise<{ outcome: Outcome; asked: ReadonlySet<string> }> => {
    const asked = new Set<string>();
    const { server } = mesh.member('eks-2');
    const { exec } = server;
    server.exec = (request) => {
      if (request.command.join(' ').includes('config_dump')) asked.add(`${request.namespace}/${request.pod}`);
      return exec(request);
    };
    const checks = catalogue.filter(({ id }) => id === 'trust');
    const [result] = await runChecks({ checks, context: await mesh.context() });
    return { outcome: result?.outcome as Outcome, asked };
  };

  /** The proxy of this pod trusts a root of another mesh. */
  const strange = async (name: string) => {
    const other = await createRoot({ subject: 'other', algorithm: 'ecdsa-p256', years: 10 });
    const member = mesh.member('eks-2');
    const inline = Buffer.from(other.certificatePem).toString('base64');
    const { exec } = member.server;
    member.override = (request) => {
      if (request.pod !== name || !request.command.join(' ').includes('config_dump')) return undefined;
      member.override = () => undefined;
      const usual = JSON.parse(exec(request)?.stdout ?? '{}') as {
        configs: { name: string; secret: object }[];
      };
      const configs = usual.configs.map((one) =>
        one.name === 'ROOTCA'
          ? { ...one, secret: { validation_context: { trusted_ca: { inline_bytes: inline } } } }
          : one,
      );
      return { stdout: JSON.stringify({ configs }) };
    };
  };

  it('are looked at in whatever namespace', async () => {
    put('tools', 'old-6d5f7b9c8-abcde');
    await strange('old-6d5f7b9c8-abcde');
    expect((await trust()).outcome).toMatchObject({
      status: 'fail',
      problems: [
        { cluster: 'eks-2', object: 'Pod tools/old-6d5f7b9c8-abcde', message: 'trusts no root of the mesh' },
      ],
    });
  });

  it('are looked at for a workload of one pod beside one of sixty, and of these for some', async () => {
    put('shop', ...replicas('big', 60));
    put('tools', 'zz-old-6d5f7b9c8-abcde');
    await strange('zz-old-6d5f7b9c8-abcde');
    const { outcome, asked } = await trust();
    expect(asked.size).toBe(40);
    expect(outcome).toMatchObject({
      status: 'fail',
      problems: [{ object: 'Pod tools/zz-old-6d5f7b9c8-abcde' }],
    });
  });

  it('that are not looked at are counted', async () => {
    put('shop', ...replicas('big', 60));
    const { outcome } = await trust();
    expect(outcome).toMatchObject({
      status: 'pass',
      detail: expect.stringMatching(/43 of 66 live proxies$/),
    });
  });
});
