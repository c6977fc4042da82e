import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Facts } from '../../../../src/checks/facts/facts.ts';
import { secrets } from '../../../../src/checks/remotes/secrets.ts';
import { remoteSecretName } from '../../../../src/istio/index.ts';
import type { KubeObject, Secret } from '../../../../src/kubernetes/index.ts';
import { FakeMesh } from '../../../fakes/mesh.ts';
import { pod } from '../faults/fault.ts';

let mesh: FakeMesh;
beforeEach(async () => {
  mesh = await FakeMesh.healthy();
});
afterEach(() => mesh.close());

const own = { apiVersion: 'v1', kind: 'Secret', namespace: 'istio-system', name: remoteSecretName('eks-2') };
const labels = { 'istio/multiCluster': 'true' };

/** What the check says of eks-1, with a file or by contexts. */
async function outcomeOf({ byContexts = false } = {}) {
  const context = await mesh.context();
  const topology = byContexts ? { ...context.topology, file: undefined } : context.topology;
  const all = { ...context, topology };
  const [cluster] = context.clusters;
  if (!cluster) throw new Error('no cluster');
  return secrets.run({ ...all, facts: new Facts(all) }, cluster);
}

async function told(by: { byContexts?: boolean } = {}) {
  const outcome = await outcomeOf(by);
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

/** istiod of eks-1 began this long after its remote secret was last written. */
async function begin(seconds: number): Promise<void> {
  const { server } = mesh.member('eks-1');
  const times = ((await held()).metadata?.managedFields ?? []).map(({ time }) =>
    new Date(time ?? 0).getTime(),
  );
  const startedAt = new Date(Math.max(Date.now(), ...times) + seconds * 1000).toISOString();
  const place = { kind: server.store.kindOf('v1', 'Pod'), namespace: 'istio-system', name: pod('istiod') };
  const containerStatuses = [{ name: 'discovery', state: { running: { startedAt } } }];
  server.store.merge(place, { status: { containerStatuses } }, { manager: 'kubelet', dryRun: false });
}

/** Each cluster has a kube-system of its own. */
const identify = () => {
  for (const { server, cluster } of mesh.members)
    server.put({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'kube-system', uid: `uid-of-${cluster.spec.name}` },
    });
};
const portOf = (name: string) => mesh.member(name).server.port;

describe('an address that isthmus does not know', () => {
  const elsewhere = 'https://istio-egressgateway.istio-system.svc:443';
  const unreached = [expect.stringContaining(`names ${elsewhere}`)];

  it.each([true, false])('is right if every istiod that began since is in sync by it', async (byContexts) => {
    await through(elsewhere);
    await begin(60);
    expect(await told({ byContexts })).toEqual(['pass']);
    expect(JSON.stringify(await outcomeOf({ byContexts }))).toContain('every istiod that began since');
  });

  it('is neither right nor wrong by an istiod that began before, for it may go on by the former', async () => {
    await through(elsewhere);
    await begin(-60);
    expect(await outcomeOf({ byContexts: true })).toMatchObject({
      status: 'warn',
      problems: [
        {
          message: expect.stringMatching(
            /^names https:\/\/istio-egressgateway\S+ .* it is not proven to lead there$/,
          ),
          cause: expect.stringMatching(/does not reach it, and istiod\S* has told of no kubeconfig since 20/),
          fix: expect.stringContaining('rollout restart deployment/istiod'),
        },
      ],
    });
  });

  /** istiod of eks-1 logs this of eks-2, so many seconds from now. */
  const logs = (seconds: number, words: string) => {
    const { server } = mesh.member('eks-1');
    const at = new Date(Date.now() + seconds * 1000).toISOString();
    server.logs = () => `${at}\tinfo\t${words}\tcluster=eks-2 config=istio-system/${own.name}\n`;
  };

  it('is right if the log of one that began before tells of reading it, and it is in sync', async () => {
    await through(elsewhere);
    await begin(-60);
    logs(1, 'Update cluster');
    expect(await told()).toEqual(['pass']);
    expect(JSON.stringify(await outcomeOf())).toContain('tells of reading it since it was written');
  });

  it.each([
    ['before', -3600, 'Update cluster', 'warn'],
    ['of a refusal', 1, 'Update cluster: create remote cluster failed: planted', 'fail'],
  ])('is not proven by a log that tells %s', async (...[, seconds, words, status]) => {
    await through(elsewhere);
    await begin(-60);
    logs(seconds, words);
    expect((await outcomeOf()).status).toBe(status);
  });

  it('is wrong if it is the address of another cluster of the mesh', async () => {
    await through(`http://127.0.0.1:${portOf('eks-1')}/`);
    await begin(-60);
    expect(await told()).toEqual([expect.stringMatching(/^names http:.*; it is that of eks-1$/)]);
  });

  it('is wrong if istiod is not in sync by it', async () => {
    await through(elsewhere);
    await begin(60);
    const usual = JSON.stringify([{ id: 'eks-2', secretName: own.name, syncStatus: 'timeout' }]);
    mesh.member('eks-1').override = ({ command }) =>
      command.join(' ').includes('clusterz') ? { stdout: usual } : undefined;
    expect(await told({ byContexts: true })).toEqual(unreached);
  });

  it('is right if the same cluster answers there', async () => {
    identify();
    await through(`http://localhost:${portOf('eks-2')}`);
    expect(await told()).toEqual(['pass']);
    expect(JSON.stringify(await outcomeOf())).toContain('the same kube-system is there');
  });

  it('is wrong if another cluster answers there', async () => {
    identify();
    await through(`http://localhost:${portOf('eks-1')}`);
    expect(await told()).toEqual([expect.stringContaining('another cluster answers there')]);
  });
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
