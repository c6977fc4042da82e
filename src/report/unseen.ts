import { codes, type ErrorCode, exitCodeOf } from '../errors/index.ts';

/** A cluster that could not be looked at, and why. */
export interface UnseenCluster {
  readonly cluster: string;
  /** CLUSTER_UNREACHABLE when it does not answer, API_REFUSED when it answers with a no, … */
  readonly code: ErrorCode;
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string | undefined;
}

/** `unreachable`: it does not answer; `refused`: it answers with a no; `unknown`: nobody could ask it. */
export type UnseenState = 'unreachable' | 'refused' | 'unknown';

/** One word for why a cluster could not be looked at. */
export function unseenState(code: ErrorCode): UnseenState {
  if (code === 'CLUSTER_UNREACHABLE' || code === 'TIMED_OUT') return 'unreachable';
  return code === 'API_REFUSED' || code === 'AWS_REFUSED' ? 'refused' : 'unknown';
}

/** 0 if everything could be looked at; otherwise that of the first reason, so that it is no success. */
export function exitCodeOfUnseen(unseen: readonly UnseenCluster[]): number {
  const [first] = unseen;
  return first ? exitCodeOf(codes[first.code].source) : 0;
}
