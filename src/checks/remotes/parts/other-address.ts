import { isSynced, type RemoteSecretState, remoteClusterStatus } from '../../../istio/index.ts';
import { type Pod, sameAddress } from '../../../kubernetes/index.ts';
import type { Finding } from '../../../report/index.ts';
import { istioNamespaceOf } from '../../../topology/index.ts';
import type { CheckRunContext } from '../../engine/check.ts';
import type { Holding } from './secret-subject.ts';

/** What is made of a remote secret that goes by another address, or another authority, than isthmus knows. */
export interface OtherAddress {
  readonly problems: readonly Finding[];
  /** How it is known that the address is right; none where it is not. */
  readonly evidence: readonly string[];
}

/**
 * Contexts and files say how this machine reaches an API server, not how its peers are to: by a proxy, a
 * private endpoint, a translated address. Another one is right if it is proven to lead to the peer, and
 * otherwise the fault that it looks like.
 */
export async function judgeOtherAddress(
  pair: Holding,
  { state, problems }: { readonly state: RemoteSecretState; readonly problems: readonly Finding[] },
  context: CheckRunContext,
): Promise<OtherAddress> {
  if (problems.length === 0) return { problems, evidence: [] };
  const { spec, kube } = pair.peer;
  const { server } = state;
  // It means the asking pod itself, whoever answers here.
  if (isLoopback(server) && !isLoopback(kube.connection.apiServerForPeers)) return { problems, evidence: [] };
  const otherwise = sameAddress(server, kube.connection.apiServerForPeers)
    ? 'is verified otherwise than here'
    : `is not ${kube.connection.apiServerForPeers}`;
  const known = `${state.secret}: ${server} ${otherwise}, but leads to ${spec.name}`;
  if (await readByIstiods(pair, state, context))
    return { problems: [], evidence: [`${known}: every istiod that began since reads it in sync`] };
  const answer = await state.leadsTo(pair.peer, { signal: context.signal });
  if (answer === 'it') return { problems: [], evidence: [`${known}: the same kube-system is there`] };
  if (answer === 'another') return { problems: problems.map(elsewhere), evidence: [] };
  return { problems: problems.map(unproven), evidence: [] };
}

const isLoopback = (url: string): boolean =>
  URL.canParse(url) && /^(localhost$|127\.|\[::1\]$)/.test(new URL(url).hostname);

/**
 * An istiod keeps what it read by a former kubeconfig until the new one works and goes on saying `synced`
 * (istio.io/istio pkg/kube/multicluster), so only one that began after the last change tells of this one.
 */
async function readByIstiods(
  { cluster, peer }: Holding,
  { changed }: RemoteSecretState,
  { facts, signal }: CheckRunContext,
): Promise<boolean> {
  const ready = (await facts.istiods(cluster)).filter((pod) => pod.ready);
  const began = await beginnings(cluster, signal);
  const tells = await Promise.all(
    ready.map(async ({ name }) => {
      const since = began.get(name);
      if (since === undefined || since.getTime() <= changed.getTime()) return false;
      const clusters = await remoteClusterStatus(cluster, name, { signal });
      return clusters.some(({ id, syncStatus }) => id === peer.spec.name && isSynced(syncStatus));
    }),
  );
  return tells.length > 0 && tells.every(Boolean);
}

/** When the container of each istiod began, by pod. */
async function beginnings(
  { kube, spec }: Holding['cluster'],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Date>> {
  const options = { namespace: istioNamespaceOf(spec), labelSelector: 'app=istiod', signal };
  const pods = await kube.list<Pod>('v1', 'Pod', options);
  return new Map(
    pods.flatMap(({ metadata, status }) => {
      const own = status?.containerStatuses?.find(({ name }) => name === 'discovery');
      const since = own?.state?.running?.startedAt;
      return since ? [[metadata?.name ?? '', new Date(since)] as const] : [];
    }),
  );
}

const elsewhere = (problem: Finding): Finding => ({
  ...problem,
  message: `${problem.message}; another cluster answers there`,
  cause: 'a proxy, a translated address or a name leads to the wrong cluster',
});

/** What would show that an address that this machine does not reach is right. */
const unproven = (problem: Finding): Finding => ({
  ...problem,
  cause: `${problem.cause ?? ''}; if it is meant to go by another way, an istiod that begins now shows it: kubectl --context {context} -n {istioNamespace} rollout restart deployment/istiod`,
});
