import type { Finding, Problem, Remedy } from '../../report/index.ts';
import { contextOf, type Topology } from '../../topology/index.ts';
import type { Check } from './check.ts';

/** Whose words a finding is told in. */
export interface Audience {
  readonly topology: Pick<Topology, 'clusters'>;
  /** The mesh has no file that isthmus could act on. */
  readonly withoutFile?: boolean | undefined;
}

/**
 * Tell a finding for one mesh: the remedy for whoever has a file or has none, with the contexts and
 * names of its clusters. Where none is known the place-holders CLUSTER and PEER are left to the reader.
 */
export function tellFinding(
  { peer, fix, isLasting: _, ...finding }: Finding,
  {
    check,
    subject,
    audience,
  }: { check: Pick<Check, 'fix'>; subject: string | undefined; audience: Audience },
): Problem {
  const { clusters } = audience.topology;
  const cluster = finding.cluster ?? subject ?? (clusters.length === 1 ? clusters[0]?.name : undefined);
  const others = clusters.map(({ name }) => name).filter((name) => name !== cluster);
  const other = peer ?? (others.length === 1 ? others[0] : undefined);
  const context = (name: string | undefined) => {
    const spec = clusters.find((one) => one.name === name);
    return spec ? contextOf(spec) : name;
  };
  const words: Readonly<Record<string, string>> = {
    context: context(cluster) ?? 'CLUSTER',
    cluster: cluster ?? 'CLUSTER',
    peerContext: context(other) ?? 'PEER',
    peer: other ?? 'PEER',
  };
  const text = chosen(fix ?? check.fix, audience).replaceAll(
    /\{(context|cluster|peerContext|peer)\}/g,
    (_, name: string) => words[name] ?? '',
  );
  const known = clusters.find(({ name }) => name === finding.cluster);
  return { ...finding, ...(known ? { context: contextOf(known) } : {}), fix: text };
}

const chosen = (fix: Remedy, { withoutFile }: Audience): string =>
  typeof fix === 'string' ? fix : withoutFile ? fix.byHand : fix.withFile;
