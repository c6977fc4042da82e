import type { AuthorizationPolicy, Pod } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { ServiceSpec, Topology } from '../../topology/index.ts';
import { hasProxy } from '../observe/pod-proxy.ts';
import { accessPolicy } from './policies.ts';

/** Whom a Service will begin to refuse. */
export interface AccessChange {
  readonly host: string;
  /** `NAMESPACE/ACCOUNT` of pods with sidecars that run now and may call now. */
  readonly refused: readonly string[];
}

/** For each Service with `access`, the callers of the mesh that its policy refuses and none refused before. */
export async function accessChanges(
  topology: Topology,
  clusters: readonly MeshCluster[],
  signal: AbortSignal,
): Promise<AccessChange[]> {
  const services = topology.services.filter(({ access }) => access);
  if (services.length === 0 || clusters.length === 0) return [];
  const lists = await Promise.all(clusters.map(({ kube }) => kube.list<Pod>('v1', 'Pod', { signal })));
  const accounts = [...new Set(lists.flat().filter(mayCall).map(accountOf))].sort();
  const changes = services.map(async (service) => ({
    host: service.host,
    refused: await newlyRefused(service, { topology, clusters, accounts, signal }),
  }));
  return (await Promise.all(changes)).filter(({ refused }) => refused.length > 0);
}

interface RefusedOptions {
  readonly topology: Topology;
  readonly clusters: readonly MeshCluster[];
  readonly accounts: readonly string[];
  readonly signal: AbortSignal;
}

/** A cluster without the policy lets everybody in still. */
async function newlyRefused(
  service: ServiceSpec,
  { topology, clusters, accounts, signal }: RefusedOptions,
): Promise<string[]> {
  const wanted = accessPolicy(service, service.access ?? [], topology.trustDomain);
  const ref = {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    namespace: service.namespace,
    name: wanted.metadata?.name ?? '',
  };
  const live = await Promise.all(clusters.map(({ kube }) => kube.get<AuthorizationPolicy>(ref, { signal })));
  const may = (policy: AuthorizationPolicy | undefined, account: string) =>
    policy === undefined || principalsOf(policy).some((one) => isOne(one, account, topology.trustDomain));
  return accounts.filter((account) => !may(wanted, account) && live.some((policy) => may(policy, account)));
}

interface Rule {
  readonly from?: readonly { readonly source?: { readonly principals?: readonly string[] } }[];
}

const principalsOf = ({ spec }: AuthorizationPolicy): readonly string[] =>
  ((spec?.rules ?? []) as readonly Rule[]).flatMap(({ from = [] }) =>
    from.flatMap(({ source }) => source?.principals ?? []),
  );

/** Is a pod's account one that a principal, which may end with `*`, stands for? */
function isOne(principal: string, account: string, trustDomain: string): boolean {
  const [namespace, name] = account.split('/');
  const full = `${trustDomain}/ns/${namespace}/sa/${name}`;
  return principal.endsWith('*') ? full.startsWith(principal.slice(0, -1)) : full === principal;
}

/** A gateway calls too: on behalf of those outside. */
const mayCall = (pod: Pod): boolean => pod.status?.phase === 'Running' && hasProxy(pod);

const accountOf = ({ metadata, spec }: Pod): string =>
  `${metadata?.namespace}/${spec?.serviceAccountName ?? 'default'}`;
