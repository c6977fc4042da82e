import type { CollectContext } from './collection.ts';
import { yamlOf } from './limits.ts';
import { meshFirst } from './object-files.ts';

/** API groups all of whose kinds explain a mesh, in whatever versions a cluster has them. */
const meshGroups: readonly string[] = [
  'networking.istio.io',
  'security.istio.io',
  'telemetry.istio.io',
  'extensions.istio.io',
  'install.istio.io',
  'gateway.networking.k8s.io',
  'multicluster.x-k8s.io',
  'sailoperator.io',
  'cert-manager.io',
  'elbv2.k8s.aws',
  'eks.amazonaws.com',
];

interface GroupList {
  readonly groups?: readonly {
    readonly name: string;
    readonly versions: readonly { readonly groupVersion: string }[];
    readonly preferredVersion?: { readonly groupVersion: string };
  }[];
}

interface ResourceList {
  readonly resources?: readonly {
    readonly name: string;
    readonly kind: string;
    readonly verbs: readonly string[];
  }[];
}

/** Configuration of the mesh and of what it stands on, one file for each kind that the cluster has. */
export async function configFiles(options: CollectContext): Promise<void> {
  const { collection } = options;
  const answer = await collection.collect('config', () => ask<GroupList>(options, '/apis'));
  if (!answer) return;
  const groups = (answer.groups ?? []).filter(({ name }) => meshGroups.includes(name));
  const absent = meshGroups.filter((group) => !groups.some(({ name }) => name === group));
  collection.empty.push(...absent.map((group) => `config/${group} (the API server has no such group)`));
  await Promise.all(
    groups.map((group) => {
      const versions = group.versions.map(({ groupVersion }) => groupVersion);
      const preferred = group.preferredVersion?.groupVersion;
      return groupFiles(options, group.name, [...new Set([...(preferred ? [preferred] : []), ...versions])]);
    }),
  );
}

/** Some kinds of a group are in one of its older versions only. */
async function groupFiles(options: CollectContext, group: string, versions: string[]): Promise<void> {
  const { collection, cluster, signal, namespaces } = options;
  const lists = await Promise.all(
    versions.map((version) =>
      collection.collect(`config/${version}`, () => ask<ResourceList>(options, `/apis/${version}`)),
    ),
  );
  const versionOf = new Map<string, string>();
  for (const [at, list] of lists.entries())
    for (const kind of kindsOf(list)) if (!versionOf.has(kind)) versionOf.set(kind, versions[at] ?? '');
  await Promise.all(
    [...versionOf].map(([kind, version]) =>
      collection.file(`config/${group}/${kind}.yaml`, 'configuration, all namespaces', async () =>
        yamlOf(meshFirst(await cluster.kube.list(version, kind, { signal }), namespaces)),
      ),
    ),
  );
}

const kindsOf = (list: ResourceList | undefined): string[] =>
  (list?.resources ?? [])
    .filter(({ name, verbs }) => !name.includes('/') && verbs.includes('list'))
    .map(({ kind }) => kind);

async function ask<T>({ cluster, signal }: CollectContext, path: string): Promise<T> {
  return JSON.parse(await cluster.kube.raw(path, { signal })) as T;
}
