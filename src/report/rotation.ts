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

/** Whether a certificate of the old authority is still taken somewhere. */
export interface RefusalProof {
  readonly cluster: string;
  readonly by: 'sidecar' | 'gateway';
  /** `unproven`: it could not be tried, or the same try with a good certificate did not go through. */
  readonly state: 'refused' | 'accepted' | 'unproven';
  readonly detail: string;
}

/** What `rotate` did, or with `planned` would do. */
export interface RotationReport {
  readonly mesh: string;
  readonly what: 'root' | 'intermediates';
  readonly end: 'planned' | 'done' | 'aborted' | 'unchanged';
  readonly from: readonly RootName[];
  readonly to: RootName;
  /** Where each cluster stood when it was looked at first. */
  readonly position: Readonly<Record<string, string>>;
  readonly steps: readonly RotationStep[];
  readonly seconds: number;
  /** Undefined if no requests were sent beside it. */
  readonly load?: LoadReport | undefined;
  readonly proofs: readonly RefusalProof[];
  readonly notes: readonly string[];
}

/** 0 if it is done, nothing was lost and every proof holds; 1 otherwise. What was not measured is not a pass. */
export function exitCodeOfRotation(report: RotationReport): 0 | 1 {
  if (report.end === 'planned' || report.end === 'unchanged') return 0;
  const { load, proofs } = report;
  const lost = load !== undefined && (load.lost > 0 || load.failedConnections !== 0);
  const unproven = proofs.some(({ state }) => state !== 'refused');
  return lost || unproven ? 1 : 0;
}
