import { afterEach, beforeEach, expect, it } from 'vitest';
import { Facts } from '../../../src/checks/facts/facts.ts';
import { secrets } from '../../../src/checks/remotes/secrets.ts';
import { remoteSecretName } from '../../../src/istio/index.ts';
import type { KubeObject, Secret } from '../../../src/kubernetes/index.ts';
import { FakeMesh } from '../../fakes/mesh.ts';

let mesh: FakeMesh;
beforeEach(async () => {
  mesh = await FakeMesh.healthy();
});
afterEach(() => mesh.close());

const own = { apiVersion: 'v1', kind: 'Secret', namespace: 'istio-system', name: remoteSecretName('eks-2') };
const labels = { 'istio/multiCluster': 'true' };

/** What the check says of eks-1, with a file or by contexts. */
async function told({ byContexts = false } = {}) {
  const context = await mesh.context();
  const topology = byContexts ? { ...context.topology, file: undefined } : context.topology;
  const all = { ...context, topology };
  const [cluster] = context.clusters;
  if (!cluster) throw new Error('no cluster');
  const outcome = await secrets.run({ ...all, facts: new Facts(all) }, cluster);
  return outcome.status === 'fail' ? outcome.problems.map(({ message }) => message) : [outcome.status];
}

async function held(): Promise<Secret> {
  const found = await mesh.member('eks-1').cluster.kube.get<Secret>(own);
  if (!found) throw new Error('no remote secret');
  return found;
}

/** The remote secret of eks-2 in eks-1 with another address of its API server. */
async function through(address: string): Promise<Secret> {
  const { server } = mesh.member('eks-1');
  const secret = await held();
  const text = Buffer.from(secret.data?.['eks-2'] ?? '', 'base64').toString();
  const moved = text.replace(/server: .*/, `server: ${address}`);
  const changed = { ...secret, data: { 'eks-2': Buffer.from(moved).toString('base64') } };
  server.put(changed as KubeObject);
  return changed;
}

it('finds nothing in a mesh that is well', async () => expect(await told()).toEqual(['pass']));

it('takes an address by which istiod is in sync for right, unless a file names another', async () => {
  await through('https://istio-egressgateway.istio-system.svc:443');
  expect(await told({ byContexts: true })).toEqual(['pass']);
  expect(await told()).toEqual([expect.stringContaining('names https://istio-egressgateway')]);
});

it('finds an address by which istiod is not in sync', async () => {
  await through('https://192.0.2.1:6443');
  const usual = JSON.stringify([{ id: 'eks-2', secretName: own.name, syncStatus: 'timeout' }]);
  mesh.member('eks-1').override = ({ command }) =>
    command.join(' ').includes('clusterz') ? { stdout: usual } : undefined;
  expect(await told({ byContexts: true })).toEqual([expect.stringContaining('names https://192.0.2.1:6443')]);
});

it('names a secret that lies where no istiod reads it', async () => {
  const { data } = await held();
  await mesh.member('eks-1').cluster.kube.remove(own);
  mesh.member('eks-1').server.put({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: 'default', name: own.name, labels },
    data,
  });
  expect(await told()).toEqual([
    `does not exist; Secret default/${own.name} is about eks-2, where no istiod reads it`,
  ]);
});

it('names the key that is there in place of the cluster’s', async () => {
  const secret = await held();
  mesh.member('eks-1').server.put({ ...secret, data: { west: secret.data?.['eks-2'] } } as KubeObject);
  expect(await told()).toEqual(
    expect.arrayContaining(['has no key eks-2, but west', 'is about west, which the mesh does not have']),
  );
});

it('names a cluster that is read under two names', async () => {
  const { data } = await held();
  mesh.member('eks-1').server.put({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { namespace: 'istio-system', name: 'west', labels },
    data: { west: data?.['eks-2'] },
  } as KubeObject);
  expect(await told()).toEqual([
    expect.stringMatching(
      /^is about west, whose API server https?:\S+ is that of eks-2 in istio-remote-secret-eks-2$/,
    ),
  ]);
});
