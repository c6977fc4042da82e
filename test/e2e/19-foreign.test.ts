import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { neededRights } from '../../src/existing/rights.ts';
import type { PlanReport, RemovalPlan } from '../../src/report/index.ts';
import { Bed, complaints } from './bed.ts';
import { localValues, primary } from './guide/documents.ts';
import { both, type Cluster, clusters, GuideMesh } from './guide/mesh.ts';

/** As GKE's guide has a cluster called, and its network; neither may be a host's name. */
const named = { name: 'gke_my-proj_europe-west1_c', network: 'VPC_1.eu' };
const system = 'mesh-system';

/** Two clusters of somebody else: cluster1 with an Istio as Helm's charts make it, cluster2 with none. */
const theirs = new GuideMesh('foreign');
/** The mesh that isthmus is to make of them, as a user with no more rights than isthmus asks for. */
const mesh = new Bed('takeover', theirs.folder);
Object.defineProperty(mesh, 'file', { value: join(theirs.folder, 'takeover.yaml') });

const file = (more = `, istioNamespace: ${system}`) => `apiVersion: isthmus/v1alpha1
kind: Mesh
metadata: {name: takeover}
spec:
  clusters:
    - {name: ${named.name}, provider: existing, network: ${named.network}, context: deployer-cluster1, proxy: vanilla, size: small${more}}
    - {name: cluster2, provider: existing, network: network2, context: deployer-cluster2, proxy: vanilla, size: small}
`;

const apply = (cluster: Cluster, document: object | string, ...more: string[]) => {
  const text = typeof document === 'string' ? document : JSON.stringify(document);
  return theirs.run('kubectl', ['--context', cluster, 'apply', ...more, '-f', '-'], text);
};

/** The guide's values, for names and a namespace that somebody chose. */
const inSystem = (document: string) =>
  document
    .replace('spec:\n', `spec:\n  namespace: ${system}\n`)
    .replace('global:\n', `global:\n      istioNamespace: ${system}\n`)
    .replace('clusterName: cluster1', `clusterName: ${named.name}`)
    .replace('network: network1', `network: ${named.network}`);

/**
 * Helm's charts without Helm: istioctl has the same charts in it, and what tells an installation by Helm is
 * the field manager, the annotations and the release's Secret.
 */
async function installAsHelmDoes(cluster: Cluster): Promise<void> {
  await theirs.ok(cluster, ['create', 'namespace', system]);
  const manifest = await theirs.run(
    'istioctl',
    ['manifest', 'generate', '-f', '-', '--set', 'profile=minimal', ...localValues],
    inSystem(primary(cluster)),
  );
  const asHelm = ['--server-side', '--field-manager=helm'];
  // Definitions first: the second run finds their kinds.
  await apply(cluster, manifest, ...asHelm).catch(() => apply(cluster, manifest, ...asHelm));
  const release = ['meta.helm.sh/release-name=istiod', `meta.helm.sh/release-namespace=${system}`];
  const annotate = ['-n', system, 'annotate', '--field-manager=helm', 'deployment/istiod', ...release];
  await theirs.ok(cluster, annotate);
  await apply(cluster, {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'helm.sh/release.v1',
    metadata: {
      name: 'sh.helm.release.v1.istiod.v3',
      namespace: system,
      labels: { owner: 'helm', name: 'istiod', status: 'deployed', version: '3' },
    },
  });
  await theirs.ready(cluster, system);
}

/** A context whose user may do what isthmus says that it needs, and nothing else. */
async function grantNeededRights(cluster: Cluster): Promise<void> {
  const account = { name: 'deployer', namespace: 'kube-system' };
  const rbac = 'rbac.authorization.k8s.io';
  const rules = neededRights.map(({ group, resource, verb }) => ({
    apiGroups: [group],
    resources: [resource],
    verbs: [verb],
  }));
  const metadata = { name: 'deployer' };
  await apply(cluster, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: account });
  await apply(cluster, { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata, rules });
  await apply(cluster, {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata,
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'deployer' },
    subjects: [{ kind: 'ServiceAccount', ...account }],
  });
}

/** The context with which the deployer signs in: kubectl's own, for its users have theirs from it. */
async function addDeployerContext(cluster: Cluster): Promise<void> {
  const ask = ['-n', 'kube-system', 'create', 'token', 'deployer', '--duration=8h'];
  const token = await theirs.ok(cluster, ask);
  const user = `deployer-${cluster}`;
  const entry = `--cluster=${await clusterEntry(cluster)}`;
  await theirs.run('kubectl', ['config', 'set-credentials', user, `--token=${token}`]);
  await theirs.run('kubectl', ['config', 'set-context', user, entry, `--user=${user}`]);
}

async function clusterEntry(cluster: Cluster): Promise<string> {
  const config = JSON.parse(await theirs.run('kubectl', ['config', 'view', '-o', 'json']));
  return config.contexts.find(({ name }: { name: string }) => name === cluster).context.cluster;
}

const route = (namespace: string) => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'checkout', namespace },
  spec: { hosts: ['checkout'], http: [{ route: [{ destination: { host: 'checkout' } }] }] },
});

async function makeShop(cluster: Cluster): Promise<void> {
  await apply(cluster, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  await apply(cluster, route('shop'));
}

const names = async (cluster: Cluster, ...what: string[]): Promise<string[]> =>
  (await theirs.ok(cluster, ['get', ...what, '-o', 'name'])).split('\n').filter(Boolean);

/** Everything that isthmus has ever written to, by its field manager. */
async function touched(cluster: Cluster): Promise<string[]> {
  const kinds = 'namespaces,crds,deployments,services,configmaps,clusterroles,mutatingwebhookconfigurations';
  const all = JSON.parse(
    await theirs.ok(cluster, ['get', kinds, '-A', '--show-managed-fields', '-o', 'json']),
  );
  const ours = all.items.filter(({ metadata }: { metadata: { managedFields?: { manager: string }[] } }) =>
    metadata.managedFields?.some(({ manager }) => manager === 'isthmus'),
  );
  return ours.map(
    ({ kind, metadata }: { kind: string; metadata: { name: string } }) => `${kind} ${metadata.name}`,
  );
}

beforeAll(async () => {
  await theirs.bareClusters();
  await both(grantNeededRights);
  // One after the other: kubectl does not wait for the file's lock, it ends with "config.lock: file exists".
  for (const cluster of clusters) await addDeployerContext(cluster);
  await installAsHelmDoes('cluster1');
  await makeShop('cluster1');
});
afterAll(() => theirs.remove());

describe('a cluster with an Istio that isthmus did not make', () => {
  beforeAll(() => mesh.write(file()));

  it('is refused with what was found, and nothing is written into any cluster', async () => {
    const before = await Promise.all(clusters.map(touched));
    const up = await mesh.isthmus(['up']);
    expect(up.exitCode, up.stderr).toBe(2);
    expect(up.stderr).toContain('ISTIO_FOREIGN');
    for (const found of [
      /Deployment mesh-system\/istiod .*helm.*Helm release mesh-system\/istiod/,
      /MutatingWebhookConfiguration istio-sidecar-injector-mesh-system .*helm/,
      /\d+ CustomResourceDefinitions by .*helm.*virtualservices\.networking\.istio\.io/,
      /Secret mesh-system\/sh\.helm\.release\.v1\.istiod\.v3 .*Helm release/,
      /adopt: true/,
    ])
      expect(up.stderr).toMatch(found);
    expect(await Promise.all(clusters.map(touched))).toEqual(before);
  });

  it('shows in its plan each field that would be taken over, and from whom', async () => {
    const plan = await mesh.isthmus(['plan', '-o', 'json']);
    expect(plan.exitCode, plan.stderr).toBe(0);
    const report = JSON.parse(plan.stdout) as PlanReport;
    expect(report.notes.join('\n')).toMatch(/gke_my-proj_europe-west1_c: up refuses/);
    const istiod = report.clusters[0]?.changes.find(({ what }) => what === `Deployment ${system}/istiod`);
    expect(istiod?.details.join('\n')).toMatch(/: taken over from helm$/m);
  });

  it('can be looked at by doctor, by its own name and where it is', async () => {
    const doctor = await mesh.isthmus(['doctor', '--context', 'cluster1', '-o', 'json']);
    expect([0, 1]).toContain(doctor.exitCode);
    const { results } = JSON.parse(doctor.stdout) as {
      results: { id: string; subject: string; outcome: { status: string } }[];
    };
    for (const id of ['credentials', 'clusters', 'istiod'])
      expect(results.find((one) => one.id === id)).toMatchObject({
        subject: named.name,
        outcome: { status: 'pass' },
      });
  });
});

describe('once the file lets it be taken over', () => {
  it('is refused where the file does not say in which namespace it is', async () => {
    await mesh.write(file(', adopt: true'));
    const up = await mesh.isthmus(['up', '--replace-root']);
    expect(up.exitCode, up.stderr).toBe(2);
    expect(up.stderr).toMatch(/its istiod is in namespace mesh-system[\s\S]*istioNamespace: mesh-system/);
    await mesh.write(file(`, istioNamespace: ${system}, adopt: true`));
  });

  it('becomes part of a mesh that passes every check, with the rights that isthmus asks for and no others', async () => {
    // The Istio that is taken over signed with a root of its own, whose key nobody has.
    const up = await mesh.isthmus(['up', '--replace-root', '--wait', '180']);
    expect(up.exitCode, up.stdout + up.stderr).toBe(0);
    await makeShop('cluster2');
    expect(complaints(await mesh.check([], ['--wait', '60']))).toEqual([]);
    await apply('cluster2', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'theirs', namespace: 'istio-ingress' },
    });
  });

  it('is not taken apart unasked', async () => {
    const down = await mesh.isthmus(['down']);
    expect(down.exitCode).toBe(2);
    expect(down.stderr).toMatch(
      /CONFIRMATION_MISSING[\s\S]*gke_my-proj_europe-west1_c \(existing\), cluster2 \(existing\)[\s\S]*--yes/,
    );
    expect(complaints(await mesh.check(['istiod']))).toEqual([]);
  });

  it('says beforehand what would go and what would stay', async () => {
    const plan = await mesh.isthmus(['down', '--dry-run', '-o', 'json']);
    expect(plan.exitCode, plan.stderr).toBe(0);
    const [first, second] = (JSON.parse(plan.stdout) as RemovalPlan).clusters;
    expect(first?.removes).toContain('Deployment istio-ingress/istio-eastwestgateway');
    expect(first?.keeps.map(({ what }) => what)).toContain(`Deployment ${system}/istiod`);
    expect(second?.removes).toContain('Deployment istio-system/istiod');
    expect(second?.keeps.find(({ what }) => what === 'Namespace istio-ingress')?.reason).toContain(
      'ConfigMap istio-ingress/theirs',
    );
  });

  it('keeps after down what others have: routes, definitions, namespaces and their control plane', async () => {
    const down = await mesh.isthmus(['down', '--yes']);
    expect(down.exitCode, down.stdout + down.stderr).toBe(0);
    expect(down.stdout).toContain('CustomResourceDefinition virtualservices.networking.istio.io');
    for (const cluster of clusters) {
      expect(await names(cluster, 'virtualservices', '-A')).toEqual([
        'virtualservice.networking.istio.io/checkout',
      ]);
      expect(await names(cluster, 'crds')).toContain(
        'customresourcedefinition.apiextensions.k8s.io/virtualservices.networking.istio.io',
      );
    }
    expect(await names('cluster1', '-n', system, 'deployments')).toEqual(['deployment.apps/istiod']);
    expect(await names('cluster1', 'namespaces')).not.toContain('namespace/istio-system');
    expect(await names('cluster2', '-n', 'istio-ingress', 'configmaps')).toContain('configmap/theirs');
    const left = await names('cluster2', 'namespaces');
    expect(left).toEqual(expect.arrayContaining(['namespace/istio-ingress', 'namespace/shop']));
    expect(left).not.toContain('namespace/istio-system');
    expect(left).not.toContain(`namespace/${system}`);
    expect(left).not.toContain('namespace/sample');
    expect(await names('cluster2', 'crds')).not.toContain(
      'customresourcedefinition.apiextensions.k8s.io/gateways.networking.istio.io',
    );
  });
});
