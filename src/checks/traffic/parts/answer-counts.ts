import type { ClusterFacts, HttpProbeResult } from '../../../istio/index.ts';

/** Good answers counted by who gave them. */
export interface AnswerCounts {
  readonly byVersion: Readonly<Record<string, number>>;
  readonly byInstance: Readonly<Record<string, number>>;
  readonly byCluster: Readonly<Record<string, number>>;
  /** Median time to the answers of each cluster, in milliseconds. */
  readonly medianMsByCluster: Readonly<Record<string, number>>;
  /** Instances that are no pod of any cluster. */
  readonly unknownPods: readonly string[];
  readonly unknownAnswers: number;
  readonly good: number;
  readonly medianMs: number;
  readonly slowestMs: number;
  /** Other statuses and requests without an answer, each kind with its number. */
  readonly failures: Readonly<Record<string, number>>;
  readonly failed: number;
}

/** Count a probe's answers by version, instance and, through the pods that each cluster has, by cluster. */
export function countAnswers(
  { answers, failures }: HttpProbeResult,
  facts: readonly ClusterFacts[],
): AnswerCounts {
  const owners = new Map(
    facts.flatMap(({ cluster, endpoints }) =>
      endpoints.flatMap(({ pod }) => (pod ? [[pod, cluster] as const] : [])),
    ),
  );
  const good = answers.filter(({ status, instance }) => status === 200 && instance !== '');
  const bad = answers.filter((answer) => !good.includes(answer)).map(({ status }) => `HTTP ${status}`);
  const strange = good.filter(({ instance }) => !owners.has(instance));
  const times = good.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
  return {
    byVersion: tally(good.map(({ version }) => version)),
    byInstance: tally(good.map(({ instance }) => instance)),
    byCluster: tally(good.flatMap(({ instance }) => owners.get(instance) ?? [])),
    medianMsByCluster: Object.fromEntries(
      [...new Set(owners.values())].flatMap((cluster) => {
        const own = good.filter(({ instance }) => owners.get(instance) === cluster);
        return own.length > 0 ? [[cluster, medianOf(own.map(({ durationMs }) => durationMs))]] : [];
      }),
    ),
    unknownPods: [...new Set(strange.map(({ instance }) => instance))],
    unknownAnswers: strange.length,
    good: good.length,
    medianMs: medianOf(times),
    slowestMs: times.at(-1) ?? 0,
    failures: tally([...bad, ...failures.map(({ message }) => message)]),
    failed: bad.length + failures.length,
  };
}

const medianOf = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;

function tally(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of [...values].sort()) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
