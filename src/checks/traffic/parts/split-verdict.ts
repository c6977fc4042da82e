import { binomialP, requestsToSee } from './binomial.ts';
import { percent } from './endpoint-diff.ts';

/** Risk of calling a right split wrong: one look in a thousand, over all clusters together. */
export const risk = 0.001;
export const confidence = '99.9 %';

export interface SplitInput {
  /** Answers by cluster; those of pods that no cluster has are in `unknownPods`. */
  readonly answers: Readonly<Record<string, number>>;
  /** Answers of pods that no cluster has. */
  readonly unknownPods: number;
  /** Expected share by cluster; what they lack of 1 is lost before any pod and gives no answer. */
  readonly shares: Readonly<Record<string, number>>;
}

export interface SplitFinding {
  readonly cluster: string | undefined;
  readonly kind: 'deficit' | 'surplus' | 'unexpected';
  readonly message: string;
  readonly evidence: string;
}

export interface SplitVerdict {
  readonly findings: readonly SplitFinding[];
  /** Why nothing can be said, if so; never together with a pass. */
  readonly inconclusive: string | undefined;
}

/**
 * Judge where answers came from. Each cluster's count is tested by itself with the exact binomial
 * test at the joint risk divided by their number. Envoy deals requests out more evenly than chance
 * does, so a right split is called wrong even less often than stated.
 */
export function judgeSplit({ answers, unknownPods, shares: stated }: SplitInput): SplitVerdict {
  const shares = ofAnswers(stated);
  const names = [...new Set([...Object.keys(shares), ...Object.keys(answers)])];
  const total = Object.values(answers).reduce((sum, one) => sum + one, unknownPods);
  const needed = requestsNeeded(shares);
  const judged = names.flatMap((name) =>
    judgeOne(name, answers[name] ?? 0, { total, share: shares[name] ?? 0, names }),
  );
  const findings = withoutComplements(judged);
  const stranger = unknownPods > 0 ? [unknownPodsFinding(unknownPods, total)] : [];
  const inconclusive =
    total < needed
      ? `${total} answers are too few to judge: ${needed} are needed for ${confidence} confidence`
      : undefined;
  return { findings: [...findings, ...stranger], inconclusive };
}

/** Only answers are counted, so shares are taken of what is answered at all. */
function ofAnswers(shares: Readonly<Record<string, number>>): Record<string, number> {
  const sum = Object.values(shares).reduce((total, one) => total + one, 0);
  return Object.fromEntries(Object.entries(shares).map(([name, share]) => [name, share / sum]));
}

/** What one cluster lacks others get: their surplus only counts where nobody lacks anything. */
function withoutComplements(findings: readonly SplitFinding[]): SplitFinding[] {
  const causes = findings.filter(({ kind }) => kind !== 'surplus');
  return causes.length > 0 ? causes : [...findings];
}

/** Requests after which every cluster with a share must have answered at the stated confidence. */
export function requestsNeeded(shares: Readonly<Record<string, number>>): number {
  const values = Object.values(shares).filter((share) => share > 0);
  if (values.length === 0) return 1;
  return Math.max(...values.map((share) => requestsToSee(share, risk / values.length)));
}

interface Expectation {
  readonly total: number;
  readonly share: number;
  readonly names: readonly string[];
}

function judgeOne(cluster: string, hits: number, { total, share, names }: Expectation): SplitFinding[] {
  const evidence = `${hits} of ${total} answers, ${percent(share)} expected`;
  if (share === 0)
    return hits > 0
      ? [{ cluster, kind: 'unexpected', message: 'answered although it should get no request', evidence }]
      : [];
  const p = binomialP(hits, total, share);
  if (p >= risk / names.length) return [];
  const message =
    hits === 0
      ? `did not answer once, ${percent(share)} of the answers were expected from it`
      : `answered ${percent(hits / total)} of the requests instead of ${percent(share)}`;
  return [
    {
      cluster,
      kind: hits < total * share ? 'deficit' : 'surplus',
      message,
      evidence: `${evidence}; chance alone does this with probability ${p.toExponential(1)}`,
    },
  ];
}

const unknownPodsFinding = (strangers: number, total: number): SplitFinding => ({
  cluster: undefined,
  kind: 'unexpected',
  message: `${strangers} answers came from pods that no cluster of the mesh has`,
  evidence: `${strangers} of ${total} answers`,
});
