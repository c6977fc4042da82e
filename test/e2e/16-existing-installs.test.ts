import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bed, complaints, localMesh } from './bed.ts';
import { makeBareClusters } from './support/bare-clusters.ts';

const clusters = ['eks-1', 'eks-2'];
/** Whoever made the clusters, and has other things in them. */
const owner = new Bed('installs');
/** Another machine: nothing but a kubeconfig, which isthmus did not write. */
const operator = new Bed('installs-operator');

interface Wish {
  readonly samples?: boolean;
  readonly more?: string;
}

const meshFile = ({ samples = true, more = '' }: Wish = {}) => `apiVersion: isthmus/v1alpha1
kind: Mesh
metadata: {name: carried}
spec:
  samples: ${samples}
  clusters:
${clusters
  .map(
    (name, at) =>
      `    - {name: ${name}, provider: existing, network: network${at + 1}, kubeconfig: ${operator.kubeconfig}, context: ${name}, proxy: vanilla, size: small${more}}`,
  )
  .join('\n')}
`;

/** Everything in a cluster that a mesh could have brought, and that must be as before when it has gone. */
async function inventory(cluster: string): Promise<string[]> {
  const wide =
    'namespaces,mutatingwebhookconfigurations,validatingwebhookconfigurations,crds,clusterroles,clusterrolebindings';
  const within =
    'deployments,daemonsets,services,serviceaccounts,configmaps,secrets,roles,rolebindings,hpa,pdb';
  const jsonpath = '{range .items[*]}{.kind} {.metadata.namespace}/{.metadata.name}{"\\n"}{end}';
  const lists = await Promise.all([
    owner.ok(cluster, ['get', wide, '-o', `jsonpath=${jsonpath}`]),
    owner.ok(cluster, ['get', within, '-A', '-o', `jsonpath=${jsonpath}`]),
  ]);
  return lists.flatMap((list) => list.split('\n')).sort();
}

/** Kubernetes puts a ServiceAccount and its authority into each namespace, some time after both are there. */
async function namespacesComplete(cluster: string): Promise<void> {
  const names = await owner.ok(cluster, ['get', 'namespaces', '-o', 'jsonpath={.items[*].metadata.name}']);
  for (const namespace of names.split(' '))
    for (const object of ['serviceaccount/default', 'configmap/kube-root-ca.crt'])
      await owner.ok(cluster, ['-n', namespace, 'wait', '--for=create', '--timeout=100s', object]);
}

const inventories = () => Promise.all(clusters.map(inventory));

async function podsOf(cluster: string): Promise<string[]> {
  const jsonpath = 'jsonpath={range .items[*]}{.metadata.uid}{"\\n"}{end}';
  return (await owner.ok(cluster, ['get', 'pods', '-A', '-o', jsonpath])).split('\n').sort();
}

async function up(...args: string[]) {
  const ran = await operator.isthmus(['up', '--wait', '120', '-o', 'json', ...args]);
  expect(ran.exitCode, `${ran.stderr}${ran.stdout}`).toBe(0);
  return JSON.parse(ran.stdout) as { changes: { object: { kind: string; name: string } }[] };
}

describe('a mesh on clusters that others made', () => {
  let before: string[][] = [];

  beforeAll(async () => {
    await owner.write(localMesh(owner.name, clusters.length));
    await makeBareClusters(owner);
    await operator.write(meshFile());
    await copyFile(owner.kubeconfig, operator.kubeconfig);
    for (const cluster of clusters) {
      await owner.ok(cluster, ['create', 'namespace', 'theirs']);
      await owner.ok(cluster, ['-n', 'theirs', 'create', 'configmap', 'kept', '--from-literal=by=them']);
    }
    // Namespaces of the mesh's own names that are there already, one of them with something in it.
    await owner.ok('eks-1', ['create', 'namespace', 'istio-system']);
    await owner.ok('eks-1', ['-n', 'istio-system', 'create', 'configmap', 'kept', '--from-literal=by=them']);
    await owner.ok('eks-2', ['create', 'namespace', 'istio-ingress']);
    await Promise.all(clusters.map(namespacesComplete));
    before = await inventories();
  });

  afterAll(async () => {
    const down = await owner.isthmus(['down']);
    expect(down.exitCode, down.stderr).toBe(0);
  });

  it('is planned without a change', async () => {
    const plan = await operator.isthmus(['plan', '-o', 'json']);
    expect(plan.exitCode, plan.stderr).toBe(0);
    expect((JSON.parse(plan.stdout) as { changes: number }).changes).toBeGreaterThan(0);
    expect(await inventories()).toEqual(before);
  });

  it('is installed by up, and carries traffic', async () => {
    const { changes } = await up();
    expect(changes.map(({ object }) => object.kind)).toContain('Deployment');
    expect(complaints(await operator.check([], ['--wait', '60']))).toEqual([]);
  });

  it('is left as it is by a second up', async () => {
    const [pods, objects] = [await Promise.all(clusters.map(podsOf)), await inventories()];
    expect(await up()).toMatchObject({ clusters: [], changes: [] });
    expect([await Promise.all(clusters.map(podsOf)), await inventories()]).toEqual([pods, objects]);
  });

  it('follows a changed file, which plan foretells, and drops what the file no longer wants', async () => {
    await operator.write(
      meshFile({ samples: false, more: ', gateways: {eastWest: {sourceRanges: [100.64.0.0/10]}}' }),
    );
    const plan = await operator.isthmus(['plan']);
    expect(plan.stdout).toMatch(/sleep/);
    expect(plan.stdout).toMatch(/loadBalancerSourceRanges/);
    await up();
    for (const cluster of clusters) {
      expect((await owner.kubectl(cluster, ['-n', 'sample', 'get', 'deployment', 'sleep'])).stderr).toContain(
        'NotFound',
      );
      const service = ['-n', 'istio-ingress', 'get', 'service', 'istio-eastwestgateway'];
      const ranges = 'jsonpath={.spec.loadBalancerSourceRanges}';
      expect(await owner.ok(cluster, [...service, '-o', ranges])).toBe('["100.64.0.0/10"]');
    }
    await operator.write(meshFile());
    await up();
    expect(complaints(await operator.check([], ['--wait', '60']))).toEqual([]);
  });

  it('is taken out of the clusters that answer, and the other is named', async () => {
    const kubeconfig = await readFile(operator.kubeconfig, 'utf8');
    const servers = [...kubeconfig.matchAll(/server: (\S+)/g)].map(([, server = '']) => server);
    const away = servers[clusters.indexOf('eks-2')] ?? '';
    await writeFile(operator.kubeconfig, kubeconfig.replace(away, away.replace(/:\d+$/, ':1')));
    const down = await operator.isthmus(['down', '--yes', '-o', 'json']);
    await writeFile(operator.kubeconfig, kubeconfig);
    expect(down.exitCode, down.stderr).toBe(4);
    expect(JSON.parse(down.stdout)).toMatchObject({
      removed: ['eks-1'],
      unreachable: [{ cluster: 'eks-2', code: 'CLUSTER_UNREACHABLE' }],
    });
    expect(await inventory('eks-1')).toEqual(before[0]);
    expect(await inventory('eks-2')).toContain('Deployment istio-system/istiod');
  });

  it('is brought back by up with the same root', async () => {
    const root = async (cluster: string) =>
      owner.ok(cluster, [
        ...['-n', 'istio-system', 'get', 'secret', 'cacerts', '-o'],
        'jsonpath={.data.root-cert\\.pem}',
      ]);
    const kept = await root('eks-2');
    await up();
    expect(await root('eks-1')).toBe(kept);
    expect(complaints(await operator.check(['trust', 'traffic'], ['--wait', '60']))).toEqual([]);
  });

  it('is removed by down with nothing of others, and a second down finds nothing to do', async () => {
    for (const round of ['first', 'second']) {
      const down = await operator.isthmus(['down', '--yes', '-o', 'json']);
      expect(down.exitCode, `${round}: ${down.stderr}`).toBe(0);
      expect(JSON.parse(down.stdout), round).toMatchObject({ unreachable: [], leftovers: [] });
      expect(await inventories(), round).toEqual(before);
    }
    for (const cluster of clusters)
      expect(
        await owner.ok(cluster, ['-n', 'theirs', 'get', 'configmap', 'kept', '-o', 'jsonpath={.data}']),
      ).toBe('{"by":"them"}');
    const shown = await operator.isthmus(['trust', 'show', '-o', 'json']);
    expect(JSON.parse(shown.stdout)).toMatchObject({ source: { signsHere: false } });
    const kept = await readdir(join(operator.env['XDG_DATA_HOME'] ?? '', 'isthmus', 'carried'));
    expect(kept.filter((name) => name.startsWith('root-ca'))).toEqual([
      expect.stringMatching(/^root-ca-[0-9a-f]+$/),
    ]);
  });
});
