import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isIsthmusError } from '../../../src/errors/index.ts';
import type { KubeObject } from '../../../src/kubernetes/index.ts';
import { observeTrust } from '../../../src/rotation/observation.ts';
import { outsiders, preflight } from '../../../src/rotation/preflight.ts';
import { FakeMesh } from '../../fakes/mesh.ts';

const signal = new AbortController().signal;
let mesh: FakeMesh;
beforeEach(async () => {
  mesh = await FakeMesh.healthy();
});
afterEach(() => mesh.close());

const clusters = () => mesh.members.map(({ cluster }) => cluster);

/** What a rotation of the root would refuse to begin for. */
async function obstacles(): Promise<string[]> {
  const observations = await observeTrust(clusters(), signal);
  const target = observations[0]?.certificates[0];
  if (!target) throw new Error('the fake mesh has no root');
  try {
    await preflight({ what: 'root', observations, target, signal });
    return [];
  } catch (error) {
    if (!isIsthmusError(error)) throw error;
    return error.problems.map(({ message }) => message);
  }
}

const lease = (offMs: number): KubeObject => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'node-1', namespace: 'kube-node-lease' },
  spec: { renewTime: new Date(Date.now() + offMs).toISOString() },
});

/** A pod of the mesh, with this image and environment. */
function pod(name: string, labels: Record<string, string>, container: object): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'istio-system', labels },
    spec: { nodeName: 'node-1', containers: [container] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
  } as KubeObject;
}

describe('preflight', () => {
  it('names clocks that certificates do not bear, and no others', async () => {
    const { server } = mesh.member('eks-2');
    server.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-node-lease' } });
    for (const [off, said] of [
      [90_000, /eks-2: the clock of node node-1 is (89|90) s ahead of this machine’s/],
      [-150_000, /eks-2: the clock of node node-1 is 15\d s behind this machine’s/],
    ] as const) {
      server.put(lease(off));
      expect(await obstacles()).toContainEqual(expect.stringMatching(said));
    }
    server.put(lease(-20_000));
    expect((await obstacles()).filter((message) => message.includes('clock'))).toEqual([]);
  });

  it('refuses Istio 1.25.1, which hands out one root of several', async () => {
    const { server } = mesh.member('eks-1');
    const image = (tag: string) => ({ name: 'discovery', image: `docker.io/istio/pilot:${tag}` });
    server.put(pod('old', { app: 'istiod' }, image('1.25.1-distroless')));
    server.put(pod('older', { app: 'istiod' }, image('1.25.10')));
    expect((await obstacles()).filter((message) => message.includes('1.25.1,'))).toEqual([
      'eks-1: istiod old is of Istio 1.25.1, which hands proxies one root of several',
    ]);
  });

  it('names ztunnel, and what runs outside of the clusters', async () => {
    const { server } = mesh.member('eks-1');
    server.put(pod('ztunnel-abc', { app: 'ztunnel' }, { name: 'istio-proxy', image: 'ztunnel' }));
    expect(await obstacles()).toContainEqual(
      expect.stringMatching(/istio-system\/ztunnel-abc is ambient’s ztunnel/),
    );
    expect(await outsiders(clusters(), signal)).toEqual([]);
    server.put({
      apiVersion: 'networking.istio.io/v1',
      kind: 'WorkloadEntry',
      metadata: { name: 'vm', namespace: 'sample' },
      spec: { address: '192.0.2.9' },
    });
    expect(await outsiders(clusters(), signal)).toEqual([
      expect.stringMatching(/^eks-1: .*workload entries sample\/vm/),
    ]);
  });
});
