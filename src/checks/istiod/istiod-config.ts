import type { IstiodRevision, MeshConfig } from '../../istio/index.ts';
import type { ClusterRole, Role } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { Finding, Remedy } from '../../report/index.ts';
import { DEFAULT_ISTIO_NAMESPACE, istioNamespaceOf, type Topology } from '../../topology/index.ts';
import { type CheckRunContext, defineCheck } from '../engine/check.ts';
import { failures, merge, verdict } from '../engine/findings.ts';

export const istiodConfig = defineCheck({
  id: 'istiod-config',
  title: 'every istiod has its own cluster name and the same mesh, trust domain and features',
  scope: 'cluster',
  severity: 'error',
  needs: ['clusters'],
  cause: 'one cluster was installed or upgraded with other values than the rest',
  inspect: [
    'kubectl --context CLUSTER -n istio-system get configmap istio -o jsonpath="{.data.mesh}"',
    'kubectl --context CLUSTER -n istio-system set env deployment/istiod --list',
    'kubectl --context CLUSTER get clusterrole istio-reader-clusterrole-istio-system -o yaml',
  ],
  fix: {
    withFile: 'isthmus up',
    byHand:
      'istioctl install --context {context} (or helm upgrade) with the values that the other clusters have',
  },
  timeoutMs: 15_000,
  async run(context, cluster) {
    const { istiods, readable } = await observeIstiodConfig(cluster, context);
    const { topology } = context;
    const istioNamespace = istioNamespaceOf(cluster.spec);
    const reader = { cluster: cluster.spec.name, istioNamespace, readable };
    const found = merge([
      failures(...(istiods.length === 0 ? [noIstiod(cluster.spec.name)] : [])),
      ...istiods.map((one) => ({
        failures: identityProblems(one, topology),
        warnings: featureProblems(one),
      })),
      failures(...readerProblems(reader)),
    ]);
    const detail = istiods.map(detailOf).join('; ');
    return verdict(found, { detail, looked: istiods.length, nothing: 'there is no istiod' });
  },
});

/** One istiod Deployment and what it was told. */
export interface IstiodConfigFacts {
  readonly cluster: string;
  /** `istio-system` when undefined. */
  readonly istioNamespace?: string | undefined;
  readonly deployment: string;
  readonly revision: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly config: MeshConfig | undefined;
}

/** What istiods of other clusters may read in one. */
export interface ReaderFacts {
  readonly cluster: string;
  /** `istio-system` when undefined. */
  readonly istioNamespace?: string | undefined;
  /** API groups and resources, `group/resource`; undefined without the role. */
  readonly readable: ReadonlySet<string> | undefined;
}

const noIstiod = (cluster: string): Finding => ({
  cluster,
  message: 'has no istiod Deployment whose configuration could be read',
  cause: 'istiod is not installed here, or serves this cluster from elsewhere',
});

function detailOf(istiod: IstiodConfigFacts): string {
  const { meshId = 'none' } = istiod.config?.defaultConfig ?? {};
  const rotation = featureProblems(istiod).length === 0 ? 'on' : 'off';
  return `${istiod.deployment}: mesh ${meshId}, trust domain ${trustDomainOf(istiod)}, root rotation ${rotation}`;
}

async function observeIstiodConfig(
  cluster: MeshCluster,
  { facts, signal }: CheckRunContext,
): Promise<{ istiods: IstiodConfigFacts[]; readable: ReaderFacts['readable'] }> {
  const { kube, spec } = cluster;
  const rbac = 'rbac.authorization.k8s.io/v1';
  const [revisions, clusterRoles, roles] = await Promise.all([
    facts.istiodRevisions(cluster),
    kube.list<ClusterRole>(rbac, 'ClusterRole', { signal }),
    kube.list<Role>(rbac, 'Role', { namespace: istioNamespaceOf(spec), signal }),
  ]);
  const named = (start: string) => (role: ClusterRole | Role) =>
    role.metadata?.name?.startsWith(start) === true;
  const readers = clusterRoles.filter(named('istio-reader-clusterrole'));
  const rules = [...readers, ...roles.filter(named('istio-reader-'))].flatMap((role) => role.rules ?? []);
  const readable = rules.flatMap(({ apiGroups = [], resources = [] }) =>
    apiGroups.flatMap((group) => resources.map((resource) => `${group}/${resource}`)),
  );
  return {
    istiods: revisions.map((one: IstiodRevision) => ({
      cluster: spec.name,
      istioNamespace: istioNamespaceOf(spec),
      ...one,
    })),
    readable: readers.length > 0 ? new Set(readable) : undefined,
  };
}

const trustDomainOf = ({ config }: IstiodConfigFacts): string => config?.trustDomain ?? 'cluster.local';

/** What must be as the file has it, or no cluster recognises the other. */
export function identityProblems(
  observation: IstiodConfigFacts,
  topology: Pick<Topology, 'meshID' | 'trustDomain'>,
): Finding[] {
  const { cluster, deployment, revision, environment, config } = observation;
  const { istioNamespace = DEFAULT_ISTIO_NAMESPACE } = observation;
  const found: Finding[] = [];
  const map = {
    cluster,
    object: `ConfigMap ${istioNamespace}/istio${revision === 'default' ? '' : `-${revision}`}`,
  };
  // istiod's own default.
  const own = environment['CLUSTER_ID'] || 'Kubernetes';
  if (own !== cluster)
    found.push({
      cluster,
      object: `Deployment ${istioNamespace}/${deployment}`,
      message: `calls its cluster ${own}, others know it as ${cluster}`,
      evidence: `CLUSTER_ID=${environment['CLUSTER_ID'] ?? `(absent), which means ${own}`}`,
      cause: 'endpoints are kept by this name, so those of one cluster are taken for another’s',
    });
  const meshId = config?.defaultConfig?.meshId ?? '';
  if (meshId !== topology.meshID)
    found.push({
      ...map,
      message: `is of mesh ${meshId || 'none'}, the mesh is ${topology.meshID || 'none'}`,
    });
  const domain = trustDomainOf(observation);
  if (domain !== topology.trustDomain && !config?.trustDomainAliases?.includes(topology.trustDomain))
    found.push({
      ...map,
      message: `has trust domain ${domain}, the mesh has ${topology.trustDomain}`,
      cause:
        'policies by principal do not match across the two, and without an alias connections are refused',
    });
  return found;
}

const rotationOn: Remedy = {
  withFile: 'isthmus up',
  byHand:
    'before the root is due: istioctl install --context {context} with its values and --set values.pilot.env.ISTIO_MULTIROOT_MESH=true --set meshConfig.defaultConfig.proxyMetadata.PROXY_CONFIG_XDS_AGENT=true; then restart the workloads',
};

/** Default-off features without which a root cannot be rotated under traffic. */
export function featureProblems(istiod: IstiodConfigFacts): Finding[] {
  const { cluster, istioNamespace = DEFAULT_ISTIO_NAMESPACE, deployment, environment, config } = istiod;
  const off: string[] = [];
  if (environment['ISTIO_MULTIROOT_MESH'] !== 'true') off.push('ISTIO_MULTIROOT_MESH (istiod)');
  const metadata = config?.defaultConfig?.proxyMetadata ?? {};
  if (metadata['PROXY_CONFIG_XDS_AGENT'] !== 'true') off.push('PROXY_CONFIG_XDS_AGENT (proxies)');
  if (off.length === 0) return [];
  return [
    {
      cluster,
      object: `Deployment ${istioNamespace}/${deployment}`,
      message: `cannot rotate the root under traffic: ${off.join(' and ')} ${off.length > 1 ? 'are' : 'is'} off`,
      cause: 'both are off by default, and then proxies keep the root that they started with',
      fix: rotationOn,
    },
  ];
}

/** What istiods of other clusters read here; an old role leaves some out and they go on with wrong values. */
export function readerProblems(reader: ReaderFacts): Finding[] {
  const { cluster, istioNamespace = DEFAULT_ISTIO_NAMESPACE, readable } = reader;
  const object = `ClusterRole istio-reader-clusterrole-${istioNamespace}`;
  if (!readable)
    return [{ cluster, object, message: 'does not exist, so other istiods may read nothing here' }];
  const needed = [
    '/pods',
    '/services',
    '/nodes',
    '/namespaces',
    '/configmaps',
    'discovery.k8s.io/endpointslices',
  ];
  const lacks = needed.filter((one) => !readable.has(one) && !readable.has(one.replace(/[^/]+$/, '*')));
  if (lacks.length === 0) return [];
  return [
    {
      cluster,
      object,
      message: `does not let other istiods read ${lacks.map((one) => one.replace(/^\//, '')).join(', ')}`,
      cause: 'it is of an older Istio, or was edited; without configmaps they assume another trust domain',
    },
  ];
}
