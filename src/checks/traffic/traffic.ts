import {
  type ExpectedEndpoints,
  type HttpProbeResult,
  httpProbe,
  type RunningPod,
} from '../../istio/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { Finding } from '../../report/index.ts';
import { type CheckRunContext, defineCheck } from '../engine/check.ts';
import { verdict } from '../engine/findings.ts';
import { expectedFrom } from '../facts/expected-from.ts';
import type { ReadAge } from '../facts/fresh-read.ts';
import { noClient, notProven, sampleService, sampleUrl } from '../facts/sample-service.ts';
import { type AnswerCounts, countAnswers } from './parts/answer-counts.ts';
import { percent } from './parts/endpoint-diff.ts';
import { silentClusters } from './parts/silent-clusters.ts';
import { confidence, judgeSplit, requestsNeeded } from './parts/split-verdict.ts';

/** Requests from each cluster; more where a small share, as of one among very many clusters, needs more to be seen. */
const requests = 60;
/** Requests without any answer after which no more are made. */
const enoughFailures = 3;

export const traffic = defineCheck({
  id: 'traffic',
  title: 'requests from here are answered by every cluster in the expected proportion',
  scope: 'cluster',
  severity: 'error',
  needs: ['clusters'],
  readsEveryCluster: true,
  retryWhileRollingOut: true,
  cause: 'pods of a cluster are missing, its gateway cannot be reached, or its certificates are refused',
  inspect: [
    'for i in $(seq 20); do kubectl --context CLUSTER -n sample exec deploy/sleep -c sleep -- curl -sS helloworld.sample:5000/hello; done',
    'kubectl --context CLUSTER -n sample get pods -l app=helloworld -o wide',
    'istioctl --context CLUSTER -n sample proxy-config endpoints deploy/sleep | grep helloworld',
  ],
  fix: {
    withFile: 'isthmus check lb gateways secrets trust sync shows the first broken part; isthmus up mends it',
    byHand: 'isthmus doctor --all shows every part of the way; mend the first that is broken',
  },
  timeoutMs: 60_000,
  async run(context, cluster) {
    if (!context.topology.samples)
      return notProven(context, 'no request was sent, since the samples are not in every cluster');
    const [ready] = await context.facts.samplePods(cluster, 'sleep');
    if (!ready?.ready) return noClient(cluster, 'has no ready pod that could ask');
    const { hits, expected, doubts } = await measureWithRetry(cluster, { ...context, pod: ready });
    tellFigures(cluster, { hits, expected }, context);
    const silent = await silentClusters(expected.facts, context);
    const problems = [
      ...silent,
      ...splitProblems(cluster, { hits, expected }),
      ...failureProblems(cluster, hits),
    ];
    const evidence = evidenceOf(cluster, hits, expected);
    const nothing = 'no request was sent';
    const looked = hits.good + hits.failed;
    const found = { failures: problems, warnings: doubts };
    return verdict(found, { detail: detailOf(hits), evidence, looked, nothing });
  },
});

/** The numbers for whoever draws them; the verdict is the result's. */
function tellFigures({ spec }: MeshCluster, { hits, expected }: Measurement, context: CheckRunContext): void {
  const { namespace, name, port } = sampleService;
  const answers = Object.fromEntries(
    Object.entries(hits.byCluster).map(([cluster, count]) => [
      cluster,
      { count, medianMs: hits.medianMsByCluster[cluster] ?? 0 },
    ]),
  );
  const service = `${namespace}/${name}:${port}`;
  const figures = { from: spec.name, service, answers, expected: expected.shares, failed: hits.failed };
  context.reporter.emit({ type: 'traffic-measured', time: Date.now(), figures });
}

type AskingContext = CheckRunContext & { readonly pod: RunningPod };

/** Answers, and what was to be expected of them. */
export interface Measurement {
  readonly hits: AnswerCounts;
  readonly expected: ExpectedEndpoints;
}

/**
 * Chance misleads once in a thousand looks, so a doubt is measured again. That it was there is kept as
 * a warning, for a fault that comes and goes shows itself just so, unless pods came and went meanwhile.
 */
async function measureWithRetry(
  cluster: MeshCluster,
  context: AskingContext,
): Promise<Measurement & { readonly doubts: readonly Finding[] }> {
  const since = Date.now();
  const first = await measure(cluster, context);
  const { findings } = judge(first);
  if (first.hits.failed > 0 || findings.length === 0) return { ...first, doubts: [] };
  const second = await measure(cluster, context);
  const gone = judge(second).findings.length === 0 && second.hits.failed === 0;
  const counts = gone && !(await context.facts.rollOuts.underWay({ since }));
  return { ...second, doubts: counts ? doubtsOf(cluster, first) : [] };
}

/** What a first measurement found and a second did not. */
export function doubtsOf(cluster: Pick<MeshCluster, 'spec'>, first: Measurement): Finding[] {
  return splitProblems(cluster, first).map((problem) => ({
    ...problem,
    message: `${problem.message}; measured again, the answers were as expected`,
    cause: 'either chance, which does this once in a thousand times, or a fault that comes and goes',
    fix: {
      withFile:
        'isthmus check traffic a few more times; if it comes back, isthmus check lb gateways trust sync',
      byHand:
        'isthmus doctor --all a few more times; if it comes back, look at the load balancer and the gateways',
    },
  }));
}

const judge = ({ hits, expected: { shares } }: Measurement) =>
  judgeSplit({ answers: hits.byCluster, unknownPods: hits.unknownAnswers, shares });

/** A split is only right or wrong while the pods stay the same, so changed pods are measured anew. */
async function measure(cluster: MeshCluster, context: AskingContext): Promise<Measurement> {
  const from = cluster.spec.name;
  const { pod, signal } = context;
  const observe = (age: ReadAge) => expectedFrom(from, sampleService, { ...context, age });
  let expected = await observe('recent');
  for (let attempt = 1; ; attempt += 1) {
    const count = Math.max(requests, requestsNeeded(expected.shares));
    const result = await askInBatches(cluster, { count, pod, signal });
    const after = await observe('now');
    if (attempt === 3 || JSON.stringify(after.facts) === JSON.stringify(expected.facts))
      return { hits: countAnswers(result, expected.facts), expected };
    expected = after;
  }
}

/** Where requests run into their time-out a few tell as much as all of them, which would take minutes. */
async function askInBatches(
  cluster: MeshCluster,
  { count, ...asking }: { readonly count: number } & Pick<AskingContext, 'pod' | 'signal'>,
): Promise<HttpProbeResult> {
  const all: HttpProbeResult[] = [];
  for (const size of [4, 16, count - 20]) {
    all.push(await httpProbe({ cluster, url: sampleUrl, count: size, timeoutSeconds: 3, ...asking }));
    if (all.flatMap(({ failures }) => failures).length >= enoughFailures) break;
  }
  return {
    from: all[0]?.from ?? '',
    answers: all.flatMap(({ answers }) => answers),
    failures: all.flatMap(({ failures }) => failures),
  };
}

function splitProblems({ spec }: Pick<MeshCluster, 'spec'>, measurement: Measurement): Finding[] {
  const { hits } = measurement;
  const { findings, inconclusive } = judge(measurement);
  const found = findings.map(
    ({ cluster, message, evidence }): Finding => ({
      cluster,
      message: `${message} (asked from ${spec.name})`,
      evidence: cluster ? evidence : `${evidence}: ${hits.unknownPods.join(', ')}`,
      cause: 'its gateway, its certificates or the endpoints of the asking proxy are at fault',
    }),
  );
  if (!inconclusive) return found;
  return [...found, { cluster: spec.name, message: `inconclusive: ${inconclusive}` }];
}

function failureProblems({ spec }: MeshCluster, { failures, failed, good }: AnswerCounts): Finding[] {
  if (failed === 0) return [];
  const kinds = Object.entries(failures).map(([kind, times]) => `${times} × ${kind}`);
  return [
    {
      cluster: spec.name,
      object: 'Deployment sample/sleep',
      message: `${failed} of ${failed + good} requests failed`,
      evidence: kinds.join('; '),
      cause:
        'HTTP 503 or a reset means that an endpoint does not accept connections or refuses the certificate',
    },
  ];
}

const list = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, times]) => `${name} ${times}`)
    .join(', ') || 'none';

const detailOf = ({ good, byCluster }: AnswerCounts): string =>
  `${good} answers: ${list(byCluster)}; as expected at ${confidence} confidence`;

function evidenceOf({ spec }: MeshCluster, hits: AnswerCounts, { shares }: ExpectedEndpoints): string[] {
  const expected = Object.entries(shares).map(([name, share]) => `${name} ${percent(share)}`);
  return [
    `${hits.good + hits.failed} requests from ${spec.name}, expected: ${expected.join(', ') || 'nobody'}`,
    `by cluster: ${list(hits.byCluster)}`,
    `by version: ${list(hits.byVersion)}`,
    `by instance: ${list(hits.byInstance)}`,
    `answered within: ${hits.medianMs.toFixed(1)} ms (median), ${hits.slowestMs.toFixed(0)} ms (slowest)`,
  ];
}
