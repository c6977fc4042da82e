import { hasSidecar, SAMPLE_NAMESPACE } from '../../istio/index.ts';
import { isReady, type Pod } from '../../kubernetes/index.ts';

/** A pod whose proxy tells what callers of its cluster know: a client of the samples, else any with a sidecar. */
export function callerOf(
  pods: readonly Pod[],
): { readonly namespace: string; readonly name: string } | undefined {
  const able = pods.filter((pod) => isReady(pod) && !pod.metadata?.deletionTimestamp && hasSidecar(pod));
  const [first] = able.sort((a, b) => rank(a) - rank(b) || nameOf(a).localeCompare(nameOf(b)));
  return first && { namespace: first.metadata?.namespace ?? '', name: first.metadata?.name ?? '' };
}

const nameOf = ({ metadata }: Pod): string => `${metadata?.namespace}/${metadata?.name}`;

const rank = ({ metadata }: Pod): number =>
  metadata?.namespace === SAMPLE_NAMESPACE && ['sleep', 'curl'].includes(metadata.labels?.['app'] ?? '')
    ? 0
    : 1;
