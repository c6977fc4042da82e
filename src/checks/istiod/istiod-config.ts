import { istiodEnvironments, type MeshConfig, meshConfigOf } from '../../istio/index.ts';
import type { KubeObject } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { Problem } from '../../report/index.ts';
import type { Topology } from '../../topology/index.ts';
import { type CheckRunContext, defineCheck } from '../engine/check.ts';
import { type Findings, merge, verdict } from '../engine/findings.ts';

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
  fix: 'isthmus up',
  timeoutMs: 15_000,
  async run(context, cluster) {
    const observation = await observeIstiodConfig(cluster, context.signal);
    const { topology } = context;
    const found = merge([
      { failures: identityProblems(observation, topology), warnings: featureProblems(observation) },
      { failures: readerProblems(observation), warnings: [] },
    ]);
    const { meshId = 'none' } = observation.config?.defaultConfig ?? {};
    const detail = `mesh ${meshId}, trust domain ${trustDomainOf(observation)}, root rotation ${featureProblems(observation).length === 0 ? 'on' : 'off'}`;
    return verdict(found satisfies Findings, { detail });
  },
});

export interface IstiodConfigFacts {
  readonly cluster: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly config: MeshConfig | undefined;
  /** API groups and resources that remote istiods may read, `group/resource`; undefined without the role. */
  readonly readable: ReadonlySet<string> | undefined;
}

interface RoleObject extends KubeObject {
  readonly rules?: readonly {
    readonly apiGroups?: readonly string[];
    readonly resources?: readonly string[];
  }[];
}

async function observeIstiodConfig(
  { kube, spec }: MeshCluster,
  signal: CheckRunContext['signal'],
): Promise<IstiodConfigFacts> {
  const [environments, roles] = await Promise.all([
    istiodEnvironments(kube, { signal }),
    kube.list<RoleObject>('rbac.authorization.k8s.io/v1', 'ClusterRole', { signal }),
  ]);
  const [environment = {}] = environments;
  const config = await meshConfigOf(kube, { signal, revision: environment['REVISION'] });
  const readers = roles.filter(({ metadata }) => metadata?.name?.startsWith('istio-reader-clusterrole'));
  const rules = readers.flatMap((role) => role.rules ?? []);
  const readable = rules.flatMap(({ apiGroups = [], resources = [] }) =>
    apiGroups.flatMap((group) => resources.map((resource) => `${group}/${resource}`)),
  );
  return {
    cluster: spec.name,
    environment,
    config,
    readable: readers.length > 0 ? new Set(readable) : undefined,
  };
}

const trustDomainOf = ({ config }: IstiodConfigFacts): string => config?.trustDomain ?? 'cluster.local';

/** What must be as the file has it, or no cluster recognises the other. */
export function identityProblems(
  observation: IstiodConfigFacts,
  topology: Pick<Topology, 'meshID' | 'trustDomain'>,
): Problem[] {
  const { cluster, environment, config } = observation;
  const found: Problem[] = [];
  const deployment = { cluster, object: 'Deployment istio-system/istiod' };
  const map = { cluster, object: 'ConfigMap istio-system/istio' };
  const own = environment['CLUSTER_ID'];
  if (own !== undefined && own !== cluster)
    found.push({
      ...deployment,
      message: `calls its cluster ${own}, others know it as ${cluster}`,
      evidence: `CLUSTER_ID=${own}`,
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

/** Default-off features without which a root cannot be rotated under traffic. */
export function featureProblems({ cluster, environment, config }: IstiodConfigFacts): Problem[] {
  const off: string[] = [];
  if (environment['ISTIO_MULTIROOT_MESH'] !== 'true') off.push('ISTIO_MULTIROOT_MESH (istiod)');
  const metadata = config?.defaultConfig?.proxyMetadata ?? {};
  if (metadata['PROXY_CONFIG_XDS_AGENT'] !== 'true') off.push('PROXY_CONFIG_XDS_AGENT (proxies)');
  if (off.length === 0) return [];
  return [
    {
      cluster,
      object: 'Deployment istio-system/istiod',
      message: `cannot rotate the root under traffic: ${off.join(' and ')} ${off.length > 1 ? 'are' : 'is'} off`,
      cause: 'both are off by default, and then proxies keep the root that they started with',
    },
  ];
}

/** What istiods of other clusters read here; an old role leaves some out and they go on with wrong values. */
export function readerProblems({ cluster, readable }: IstiodConfigFacts): Problem[] {
  const object = 'ClusterRole istio-reader-clusterrole-istio-system';
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
