import { isIsthmusError } from '../../errors/index.ts';
import { type ClusterIdentity, readIdentity } from '../../istio/index.ts';
import { connectionFromKubeconfig, createClient, sameAddress } from '../../kubernetes/index.ts';
import type { Problem } from '../../report/index.ts';
import {
  type ExistingClusterSpec,
  gatewayFamiliesOf,
  parseTopology,
  type Topology,
} from '../../topology/index.ts';

export interface FoundMesh {
  readonly topology: Topology;
  /** What stands in the way of telling the clusters apart, by cluster name. */
  readonly missing: ReadonlyMap<string, readonly Problem[]>;
}

export interface FoundMeshOptions {
  readonly contexts: readonly string[];
  readonly kubeconfig?: string | undefined;
  readonly signal: AbortSignal;
}

interface Seen {
  readonly context: string;
  /** Where this machine reaches it; undefined if its kubeconfig cannot be used. */
  readonly server?: string | undefined;
  /** Undefined if the cluster could not be asked; its own check says why. */
  readonly identity: ClusterIdentity | undefined;
}

/**
 * What a mesh file would say of the clusters of these contexts, read from the clusters themselves.
 * A cluster that does not answer keeps its context's name, so that the checks can report it.
 */
export async function meshOfContexts(options: FoundMeshOptions): Promise<FoundMesh> {
  const seen = await Promise.all(
    [...new Set(options.contexts)].map((context) => observeContext(context, options)),
  );
  const missing = new Map<string, readonly Problem[]>();
  const clusters = seen.map((one, index) => {
    const problem = nameProblem(one, seen);
    const name = problem ? one.context : (one.identity?.clusterId ?? one.context);
    if (problem) missing.set(name, [problem]);
    return specOf(one, { name, index, seen, kubeconfig: options.kubeconfig });
  });
  const known = seen.flatMap(({ identity }) => identity ?? []);
  const [first] = known;
  const topology: Topology = {
    ...defaults(),
    meshID: first?.meshId ?? '',
    trustDomain: first?.trustDomain ?? 'cluster.local',
    samples: known.length > 0 && known.every(({ samples }) => samples),
    clusters,
  };
  return { topology, missing };
}

/** A file's mesh, or contexts, which go before it. */
export interface MeshSource extends Omit<FoundMeshOptions, 'contexts'> {
  readonly topology?: Topology | undefined;
  readonly contexts?: readonly string[] | undefined;
}

/** The mesh of a file, or of contexts where some are given or there is no file. */
export async function meshOf({
  topology,
  contexts = [],
  kubeconfig,
  signal,
}: MeshSource): Promise<FoundMesh> {
  if (contexts.length > 0 || !topology) return meshOfContexts({ contexts, kubeconfig, signal });
  return { topology, missing: new Map() };
}

/** Everything that does not matter for looking, as a file without it has it. */
function defaults(): Topology {
  const head = 'apiVersion: isthmus/v1alpha1\nkind: Mesh\nmetadata: {name: contexts}\n';
  const text = `${head}spec:\n  clusters:\n    - {name: any, provider: existing, context: any}\n`;
  return { ...parseTopology(text, 'contexts'), file: undefined };
}

async function observeContext(context: string, { kubeconfig, signal }: FoundMeshOptions): Promise<Seen> {
  let server: string | undefined;
  try {
    const connection = await connectionFromKubeconfig({ cluster: context, path: kubeconfig, context });
    server = connection.apiServerForPeers;
    return {
      context,
      server,
      identity: await readIdentity(createClient(connection), { signal, timeoutMs: 10_000 }),
    };
  } catch (error) {
    // The links of credentials and clusters ask again and report it.
    if (isIsthmusError(error) && error.code !== 'INTERRUPTED')
      return { context, server, identity: undefined };
    throw error;
  }
}

/** Remote secrets, endpoints and weights are kept by cluster name, so two of one name become one. */
function nameProblem({ context, identity }: Seen, all: readonly Seen[]): Problem | undefined {
  if (!identity) return undefined;
  const object = `Deployment ${identity.istioNamespace}/istiod`;
  if (identity.rivals.length > 0) {
    const namespaces = [identity.istioNamespace, ...identity.rivals].join(', ');
    return {
      cluster: context,
      message: `has istiods in namespaces ${namespaces}, and nothing says which of them is of this mesh`,
      cause: 'control planes of several meshes run in one cluster, and none alone holds remote secrets',
      fix: 'write a mesh file with `provider: existing` and `istioNamespace` for each cluster, and run isthmus doctor with it',
    };
  }
  if (identity.clusterId === undefined)
    return {
      cluster: context,
      object,
      message: 'has no istiod that states a CLUSTER_ID',
      cause: 'istiod is not installed here, or reads this cluster from another one',
      fix: 'install istiod with global.multiCluster.clusterName, or leave this context out',
    };
  const twin = all.find((one) => one.context !== context && one.identity?.clusterId === identity.clusterId);
  if (!twin) return undefined;
  return {
    cluster: context,
    object,
    message: `calls its cluster ${identity.clusterId}, and so does the istiod of ${twin.context}`,
    evidence: `CLUSTER_ID=${identity.clusterId}`,
    cause: 'istiod keeps endpoints and remote secrets by this name, so one cluster hides the other',
    fix: 'give each cluster its own global.multiCluster.clusterName',
  };
}

/** Nothing is made by it: the mesh is only looked at. */
const anyGateway = { exposure: 'internal', sourceRanges: [], annotations: {}, class: undefined } as const;

interface SpecOptions {
  readonly name: string;
  readonly index: number;
  readonly seen: readonly Seen[];
  readonly kubeconfig: string | undefined;
}

function specOf({ context, server, identity }: Seen, options: SpecOptions): ExistingClusterSpec {
  const { name, index, seen, kubeconfig } = options;
  const place = placeOf(identity);
  return {
    provider: 'existing',
    name,
    ...place,
    index,
    cidr: undefined,
    gatewayFamilies: gatewayFamiliesOf(
      place,
      seen.map((one) => placeOf(one.identity)),
    ),
    gateways: { ingress: anyGateway, eastWest: anyGateway },
    cloud: undefined,
    kubeconfig,
    context,
    apiServer: addressForPeers({ name, server }, seen),
    istioNamespace: identity?.istioNamespace,
  };
}

const placeOf = (identity: ClusterIdentity | undefined) => ({
  network: identity?.network ?? 'unknown',
  ipFamily: identity?.ipFamily ?? ('ipv4' as const),
});

/**
 * Its peers may rightly use another address than this machine, but none that means the asking pod itself. Where one
 * of them uses this machine's it is that: what others go by is theirs alone, as a gateway near them.
 */
function addressForPeers(
  { name, server }: { readonly name: string; readonly server: string | undefined },
  seen: readonly Seen[],
): string | undefined {
  const addresses = seen.flatMap(({ identity }) => identity?.peers[name] ?? []);
  if (server && addresses.some((one) => sameAddress(one, server))) return server;
  return addresses.find((one) => URL.canParse(one) && !/^(localhost|127\.|\[::1\])/.test(new URL(one).host));
}
