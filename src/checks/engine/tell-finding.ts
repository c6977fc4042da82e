import type { Finding, Problem, Remedy } from '../../report/index.ts';
import {
  type ClusterSpec,
  contextOf,
  DEFAULT_ISTIO_NAMESPACE,
  istioNamespaceOf,
  type Topology,
} from '../../topology/index.ts';
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
  const of = (name: string | undefined, say: (spec: ClusterSpec) => string) => {
    const spec = clusters.find((one) => one.name === name);
    return spec && say(spec);
  };
  const words: Readonly<Record<string, string>> = {
    context: of(cluster, contextOf) ?? cluster ?? 'CLUSTER',
    istioNamespace: of(cluster, istioNamespaceOf) ?? DEFAULT_ISTIO_NAMESPACE,
    cluster: cluster ?? 'CLUSTER',
    peerContext: of(other, contextOf) ?? other ?? 'PEER',
    peerIstioNamespace: of(other, istioNamespaceOf) ?? DEFAULT_ISTIO_NAMESPACE,
    peer: other ?? 'PEER',
    peerInNamespace: inNamespace(of(other, istioNamespaceOf), of(cluster, istioNamespaceOf)),
  };
  const told = (text: string) =>
    text.replaceAll(/\{(\w+)\}/g, (placeHolder, name: string) => words[name] ?? placeHolder);
  const known = clusters.find(({ name }) => name === finding.cluster);
  return {
    ...finding,
    ...(known ? { context: contextOf(known) } : {}),
    ...(finding.cause === undefined ? {} : { cause: told(finding.cause) }),
    fix: told(chosen(fix ?? check.fix, audience)),
  };
}

/** For `istioctl create-remote-secret`, whose Secret is for the namespace that it read in. */
function inNamespace(read = DEFAULT_ISTIO_NAMESPACE, wanted = DEFAULT_ISTIO_NAMESPACE): string {
  const flag = read === DEFAULT_ISTIO_NAMESPACE ? '' : ` -n ${read}`;
  return read === wanted ? flag : `${flag} | sed 's/^  namespace: .*/  namespace: ${wanted}/'`;
}

const chosen = (fix: Remedy, { withoutFile }: Audience): string =>
  typeof fix === 'string' ? fix : withoutFile ? fix.byHand : fix.withFile;
