import type { Problem } from './outcome.ts';

/**
 * What mends a problem, not yet put into words for one mesh: one text for everybody, or what helps where
 * a file rules the mesh and what a person does with kubectl and istioctl alone. `{context}` and
 * `{cluster}` stand for the problem's cluster, `{peerContext}` and `{peer}` for the other one.
 */
export type Remedy = string | { readonly withFile: string; readonly byHand: string };

/** A problem as it is found; {@link Problem} is how it is told. */
export interface Finding extends Omit<Problem, 'fix' | 'context'> {
  /** The other cluster that it is about, if there is one. */
  readonly peer?: string | undefined;
  readonly fix?: Remedy | undefined;
  /** It was made sure of, so that pods which come and go do not explain it. */
  readonly isLasting?: boolean | undefined;
}
