import { codes, type ErrorCode, exitCodeOf } from '../errors/index.ts';

/** One thing that has to be renewed before it ends, and how it stands. Dates are ISO 8601. */
export interface RenewalItem {
  /** A cluster's intermediate in `istio-system/cacerts`, or the token by which it reads another cluster. */
  readonly what: 'authority' | 'token';
  /** The cluster that has it. */
  readonly cluster: string;
  /** The cluster that a token is for. */
  readonly target?: string | undefined;
  /**
   * `good`: nothing is due; `due`: it would be renewed (with `--plan`); `failed`: it is due, or is not there,
   * and could not be renewed; `unseen`: nobody could look.
   */
  readonly state: 'good' | 'due' | 'renewed' | 'failed' | 'unseen';
  /** Why it is not good. */
  readonly reason?: string | undefined;
  /** From when on it is renewed. Of a renewed one: the new one's. */
  readonly renewFrom?: string | undefined;
  /** Undefined for a token that does not end by itself. */
  readonly ends?: string | undefined;
  /** Of a failure, or of what kept from looking. */
  readonly code?: ErrorCode | undefined;
  /** What to do about it. */
  readonly hint?: string | undefined;
}

/** What `renew` found and did. */
export interface RenewalReport {
  readonly mesh: string;
  readonly time: Date;
  /** Nothing was changed. */
  readonly planned: boolean;
  readonly items: readonly RenewalItem[];
}

/** 0 if nothing is left that is due; 1 if something due could not be renewed; else that of what kept from looking. */
export function exitCodeOfRenewal({ items }: RenewalReport): number {
  if (items.some(({ state }) => state === 'failed')) return 1;
  const unseen = items.find(({ state }) => state === 'unseen');
  return unseen ? exitCodeOf(codes[unseen.code ?? 'CLUSTER_UNREACHABLE'].source) : 0;
}
