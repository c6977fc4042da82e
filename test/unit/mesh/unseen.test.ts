import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { IsthmusError } from '../../../src/errors/index.ts';
import { checkMesh, planMesh, statusOfMesh, writeContexts } from '../../../src/mesh/index.ts';
import { createMeshRoot } from '../../../src/mesh/trust/root-authority.ts';
import type { ClusterProvider } from '../../../src/provider/index.ts';
import { plainLoadBalancers, quickly } from '../../fakes/gateways.ts';
import { ContextsMesh } from './contexts-mesh.ts';

let mesh: ContextsMesh;
beforeEach(async () => {
  mesh = await ContextsMesh.start({ alive: 'healthy', shut: 'forbidding' });
});
afterEach(() => mesh.stop());

/** Local clusters that are as the test says; what it does not say must not be asked. */
const locals = (says: Partial<ClusterProvider>) => ({
  local: async () =>
    ({
      name: 'local',
      capabilities: () => ({
        proxy: 'istio',
        size: 'small',
        timeouts: quickly,
        loadBalancers: plainLoadBalancers,
      }),
      ...says,
    }) as ClusterProvider,
});

const missing = (name: string) =>
  new IsthmusError('CLUSTER_UNREACHABLE', `local cluster ${name} does not exist yet`);

describe('plan', () => {
  test('shows as new only what its provider would create, and says of the others why it could not look', async () => {
    const operation = mesh.operation(['dead', 'shut'], ['fresh']);
    await createMeshRoot(operation.topology);
    const plan = async () => [
      { cluster: 'fresh', action: 'create' as const, what: 'local node', details: [] },
    ];
    const { clusters, changes } = await planMesh({ ...operation, providers: locals({ plan }) });
    expect(clusters).toMatchObject([
      { cluster: 'dead', state: 'unreachable', unseen: { code: 'CLUSTER_UNREACHABLE' }, changes: [] },
      { cluster: 'shut', state: 'refused', unseen: { code: 'API_REFUSED' }, changes: [] },
      { cluster: 'fresh', state: 'absent' },
    ]);
    expect(clusters[2]?.unseen).toBeUndefined();
    expect(clusters[2]?.changes.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['local node', 'istiod', 'certificate authority']),
    );
    expect(changes).toBe(clusters[2]?.changes.length);
  });

  test('a provider that cannot look at one cluster still plans its others', async () => {
    const operation = mesh.operation(['dead'], ['one', 'two']);
    const plan: ClusterProvider['plan'] = async (_, clusters) => {
      if (clusters.some(({ name }) => name === 'two'))
        throw new IsthmusError('AWS_CREDENTIALS_MISSING', 'no credentials');
      return clusters.map(({ name: cluster }) => ({ cluster, action: 'create', what: 'node', details: [] }));
    };
    const { clusters } = await planMesh({ ...operation, providers: locals({ plan }) });
    expect(clusters.map(({ cluster, state, unseen }) => [cluster, state, unseen?.code])).toEqual([
      ['dead', 'unreachable', 'CLUSTER_UNREACHABLE'],
      ['one', 'absent', undefined],
      ['two', 'unknown', 'AWS_CREDENTIALS_MISSING'],
    ]);
  });
});

describe('status', () => {
  test('has a row for each cluster whatever fails, and the reason in it', async () => {
    const observe: ClusterProvider['observe'] = async (_, { name }) => {
      if (name === 'lost') throw new IsthmusError('AWS_CREDENTIALS_MISSING', 'no credentials');
      return { cluster: name, state: name === 'fresh' ? 'absent' : 'ready', detail: 'as AWS says' };
    };
    const connection: ClusterProvider['connection'] = async (_, { name }) => {
      throw missing(name);
    };
    const operation = mesh.operation(['alive', 'dead', 'shut'], ['fresh', 'lost', 'behind']);
    const { clusters } = await statusOfMesh({ ...operation, providers: locals({ observe, connection }) });
    expect(clusters.map(({ cluster, state, unseen }) => [cluster, state, unseen?.code])).toEqual([
      ['alive', 'ready', undefined],
      ['dead', 'unreachable', 'CLUSTER_UNREACHABLE'],
      ['shut', 'refused', 'API_REFUSED'],
      ['fresh', 'absent', undefined],
      ['lost', 'unknown', 'CLUSTER_UNREACHABLE'],
      ['behind', 'unreachable', 'CLUSTER_UNREACHABLE'],
    ]);
    expect(clusters[4]?.detail).toContain('AWS_CREDENTIALS_MISSING');
  });

  test('an interruption is thrown and no problem of a cluster', async () => {
    const interrupt = new AbortController();
    const alive = mesh.server('alive');
    alive.hold = () => {
      if (!alive.seen.at(-1)?.url.includes('/deployments')) return undefined;
      interrupt.abort();
      return new Promise(() => {});
    };
    const operation = { ...mesh.operation(['alive']), signal: interrupt.signal };
    await expect(statusOfMesh(operation)).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });

  test('names workloads whose proxies are older than every istiod, with the command that makes them anew', async () => {
    const istiod = (name: string, tag: string) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace: 'istio-system', name, labels: { app: 'istiod' } },
      spec: { template: { spec: { containers: [{ name: 'discovery', image: `pilot:${tag}` }] } } },
    });
    const pod = (name: string, image: string, owner?: { kind: string; name: string }) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        namespace: 'sample',
        name,
        labels: { 'security.istio.io/tlsMode': 'istio', 'pod-template-hash': '6d5f' },
        ...(owner
          ? { ownerReferences: [{ ...owner, apiVersion: 'apps/v1', controller: true, uid: 'u' }] }
          : {}),
      },
      spec: { containers: [], initContainers: [{ name: 'istio-proxy', image }] },
    });
    const set = (name: string) => ({ kind: 'ReplicaSet', name: `${name}-6d5f` });
    mesh
      .server('alive')
      .put(
        istiod('istiod', '1.31.0'),
        istiod('istiod-old', '1.30.10'),
        pod('web-6d5f-a', 'docker.io/istio/proxyv2:1.30.2', set('web')),
        pod('web-6d5f-b', 'docker.io/istio/proxyv2:1.30.9-distroless', set('web')),
        pod('api-6d5f-a', 'docker.io/istio/proxyv2:1.30.10', set('api')),
        pod('db-0', 'docker.io/istio/proxyv2:1.29.4', { kind: 'StatefulSet', name: 'db' }),
        pod('alone', 'docker.io/istio/proxyv2:1.29.4@sha256:0a', undefined),
        pod('unknown', 'docker.io/istio/proxyv2@sha256:0a', set('unknown')),
      );
    const { clusters } = await statusOfMesh(mesh.operation(['alive']));
    expect(clusters[0]?.problems.filter((line) => line.includes('proxies'))).toEqual([
      '2 proxies of sample deployment/web are of Istio 1.30.2, istiod is 1.30.10: kubectl --context alive -n sample rollout restart deployment/web',
      '1 proxies of sample pod/alone are of Istio 1.29.4, istiod is 1.30.10: kubectl --context alive -n sample delete pod/alone',
      '1 proxies of sample statefulset/db are of Istio 1.29.4, istiod is 1.30.10: kubectl --context alive -n sample rollout restart statefulset/db',
    ]);
  });

  test('counts the istiods of every revision, found by their label', async () => {
    const istiod = (name: string, tag: string, readyReplicas: number) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { namespace: 'istio-system', name, labels: { app: name === 'other' ? 'other' : 'istiod' } },
      spec: {
        replicas: 2,
        template: {
          spec: {
            containers: [
              { name: 'first', image: 'other:9' },
              { name: 'discovery', image: `pilot:${tag}` },
            ],
          },
        },
      },
      status: { readyReplicas },
    });
    mesh
      .server('alive')
      .put(istiod('istiod', '1.31.0', 2), istiod('istiod-old', '1.30.1', 1), istiod('other', '1.29.0', 2));
    const { clusters } = await statusOfMesh(mesh.operation(['alive']));
    expect(clusters[0]?.istiod).toEqual({ ready: 3, total: 4, version: '1.30.1, 1.31.0' });
  });
});

describe('check', () => {
  test('every selected check appears once for each cluster, also where there is no way to it', async () => {
    const connection: ClusterProvider['connection'] = async (_, { name }) => {
      throw missing(name);
    };
    const options = {
      ...mesh.operation(['dead'], ['fresh']),
      providers: locals({ connection }),
      names: ['clusters', 'istiod'],
    };
    const results = await checkMesh(options);
    expect(results.map(({ id, subject, outcome }) => [id, subject, outcome.status])).toEqual([
      ['clusters', 'dead', 'fail'],
      ['clusters', 'fresh', 'fail'],
      ['istiod', 'dead', 'blocked'],
      ['istiod', 'fresh', 'blocked'],
    ]);
    expect(results[1]?.outcome).toMatchObject({
      detail: 'could not look: local cluster fresh does not exist yet',
    });
  });

  test('a check whose needs were not selected fails on a cluster without a way', async () => {
    const connection: ClusterProvider['connection'] = async (_, { name }) => {
      throw missing(name);
    };
    const options = {
      ...mesh.operation([], ['fresh', 'other']),
      providers: locals({ connection }),
      names: ['secrets'],
    };
    const results = await checkMesh(options);
    expect(results.length).toBeGreaterThan(0);
    expect(results.map(({ outcome }) => outcome.status)).not.toContain('pass');
    expect(results.map(({ outcome }) => outcome.status)).not.toContain('skip');
  });
});

test('contexts of clusters that can be asked are written, and the others are named', async () => {
  const connection: ClusterProvider['connection'] = async (_, { name }) => {
    const known = mesh.servers['alive']?.connection;
    if (name === 'lost' || !known) throw missing(name);
    return { ...known, cluster: name };
  };
  const path = join(mesh.folder, 'written');
  const operation = mesh.operation([], ['lost', 'near']);
  expect(await writeContexts({ ...operation, path, providers: locals({ connection }) })).toMatchObject({
    added: ['near'],
    unseen: [{ cluster: 'lost', code: 'CLUSTER_UNREACHABLE' }],
  });
  expect(await readFile(path, 'utf8')).toContain('name: near');
});
