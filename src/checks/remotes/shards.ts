import { type ClusterFacts, endpointShards, type ServiceRef } from '../../istio/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { type Finding, unproven } from '../../report/index.ts';
import { DEFAULT_ISTIO_NAMESPACE, istioNamespaceOf } from '../../topology/index.ts';
import { type CheckRunContext, defineCheck } from '../engine/check.ts';
import { verdict } from '../engine/findings.ts';
import { expectedFrom } from '../facts/expected-from.ts';
import type { ReadAge } from '../facts/fresh-read.ts';
import { notProven } from '../facts/sample-service.ts';

export const shards = defineCheck({
  id: 'shards',
  title: 'every istiod pod knows the pods of every cluster',
  scope: 'cluster',
  severity: 'error',
  needs: ['clusters', 'istiod', 'remotes'],
  readsEveryCluster: true,
  retryWhileRollingOut: true,
  cause:
    'an istiod pod started while another API server was down, or lost its endpoints when a remote secret changed',
  inspect: [
    'kubectl --context CLUSTER -n istio-system exec POD -- pilot-discovery request GET /debug/endpointShardz',
  ],
  fix: {
    withFile:
      'isthmus check secrets remotes; if these are true, delete the istiod pod that the finding names',
    byHand: 'kubectl --context {context} -n {istioNamespace} rollout restart deployment/istiod',
  },
  timeoutMs: 20_000,
  async run(context, cluster) {
    const service = await context.facts.testedService();
    if (!service) return notProven(context, 'no service is in every cluster whose pods istiod could know');
    const pods = (await context.facts.istiods(cluster)).filter(({ ready }) => ready);
    const first = await observeShards(cluster, pods, { ...context, service, age: 'recent' });
    // Pods come and go: only what two looks agree on is a finding.
    const last =
      first.problems.length === 0
        ? first
        : await observeShards(cluster, pods, { ...context, service, age: 'now' });
    const stable = last.problems.filter(({ message }) =>
      first.problems.some((one) => one.message === message),
    );
    const missing = pods.length === 0 ? [noIstiod(cluster.spec.name)] : [];
    const known = first.endpoints;
    if (known === 0 && pods.length > 0)
      return unproven(`no cluster has a pod of ${service.name}, so there is nothing that istiod could know`);
    const detail = `${pods.length} istiod pods know ${known} pods of ${service.name} in ${context.clusters.length} clusters`;
    const nothing = 'no istiod pod is ready';
    const found = { failures: [...missing, ...stable], warnings: [] };
    return verdict(found, { detail, looked: pods.length, nothing });
  },
});

const noIstiod = (cluster: string): Finding => ({
  cluster,
  message: 'has no ready istiod that could say what it knows',
  cause: 'istiod is scaled down, crashes or is not installed',
  fix: {
    withFile: 'isthmus check istiod, then isthmus up',
    byHand: 'kubectl --context {context} -n {istioNamespace} describe pods -l app=istiod',
  },
});

/** Pods that the clusters have, and what istiods lack of them. */
interface ShardFacts {
  readonly endpoints: number;
  readonly problems: readonly Finding[];
}

async function observeShards(
  cluster: MeshCluster,
  pods: readonly { readonly name: string }[],
  context: CheckRunContext & { readonly service: ServiceRef; readonly age: ReadAge },
): Promise<ShardFacts> {
  const from = cluster.spec.name;
  const istioNamespace = istioNamespaceOf(cluster.spec);
  const { signal, service } = context;
  const { facts } = await expectedFrom(from, service, context);
  const found = await Promise.all(
    pods.map(async ({ name }) => {
      const known = await endpointShards({ cluster, pod: name, service }, { signal });
      return shardProblems({ cluster: from, istioNamespace, pod: name, service: service.name }, known, facts);
    }),
  );
  const endpoints = facts.reduce((sum, fact) => sum + fact.endpoints.length, 0);
  return { endpoints, problems: found.flat() };
}

export interface ShardReader {
  readonly cluster: string;
  /** Of its istiods; `istio-system` when undefined. */
  readonly istioNamespace?: string | undefined;
  readonly pod: string;
  /** Name of the Service. */
  readonly service?: string | undefined;
}

/** What one istiod pod lacks of what the clusters have. */
export function shardProblems(
  { cluster, istioNamespace = DEFAULT_ISTIO_NAMESPACE, pod, service = 'helloworld' }: ShardReader,
  known: Readonly<Record<string, readonly string[]>>,
  facts: readonly Pick<ClusterFacts, 'cluster' | 'endpoints'>[],
): Finding[] {
  return facts.flatMap((fact): Finding[] => {
    const has = new Set(known[fact.cluster] ?? []);
    const lacks = fact.endpoints.filter(({ address }) => !has.has(address));
    if (lacks.length === 0) return [];
    return [
      {
        cluster,
        object: `Pod ${istioNamespace}/${pod}`,
        message: `does not know ${lacks.length} of ${fact.endpoints.length} ${service} pods of ${fact.cluster}`,
        evidence: `missing ${lacks.map(({ address }) => address).join(', ')}; known ${[...has].join(', ') || 'none'}`,
        fix: `kubectl --context {context} -n {istioNamespace} delete pod ${pod}`,
      },
    ];
  });
}
