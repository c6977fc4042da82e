import { codes, type ErrorCode, exitCodeOf } from '../errors/index.ts';
import type { LoadReport } from './load.ts';

/** A root as a person compares it. */
export interface RootName {
  readonly subject: string;
  /** SHA-256 of the certificate, lower-case hex. */
  readonly fingerprint: string;
}

/** One act or gate of a rotation, and how long it took. */
export interface RotationStep {
  /** `trust both`, `sign new`, `drop old`, … */
  readonly phase: string;
  /** What was done, or what the gate states. */
  readonly title: string;
  /** The clusters that it was about. */
  readonly clusters: readonly string[];
  readonly seconds: number;
}

/** Whether a certificate of the old authority, or a token before, is still taken somewhere. */
export interface RefusalProof {
  readonly cluster: string;
  /** `api-server` is shown tokens, the others certificates. */
  readonly by: 'sidecar' | 'gateway' | 'api-server';
  /** `unproven`: it could not be tried, or the same try with a good one did not go through. */
  readonly state: 'refused' | 'accepted' | 'unproven';
  readonly detail: string;
}

/** What `rotate` did, or with `planned` would do. */
export interface RotationReport {
  readonly mesh: string;
  readonly what: 'root' | 'intermediates' | 'remote-secrets';
  /** `stopped`: `error` ended it half-way. */
  readonly end: 'planned' | 'done' | 'aborted' | 'unchanged' | 'stopped';
  readonly from: readonly RootName[];
  /** Undefined for remote secrets, which have nothing to do with a root. */
  readonly to?: RootName | undefined;
  /** Where each cluster, or with remote secrets each ordered pair, stood when it was looked at first. */
  readonly position: Readonly<Record<string, string>>;
  readonly steps: readonly RotationStep[];
  readonly seconds: number;
  /** Undefined if no requests were sent beside it. */
  readonly load?: LoadReport | undefined;
  readonly proofs: readonly RefusalProof[];
  readonly notes: readonly string[];
  /** What it stopped at; the same command goes on from there. */
  readonly error?: RotationStop | undefined;
}

/** Why a rotation stopped half-way. */
export interface RotationStop {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly problems: readonly { readonly message: string; readonly hint?: string }[];
}

/**
 * 0 if it is done, nothing was lost and every proof holds; that of the error which stopped it; 1
 * otherwise. What was not measured is not a pass.
 */
export function exitCodeOfRotation(report: RotationReport): number {
  const { end, error, load, proofs } = report;
  if (error) return exitCodeOf(codes[error.code].source);
  if (end === 'planned' || end === 'unchanged') return 0;
  const lost = load !== undefined && (load.lost > 0 || load.failedConnections !== 0);
  const unproven = proofs.some(({ state }) => state !== 'refused');
  return lost || unproven ? 1 : 0;
}
