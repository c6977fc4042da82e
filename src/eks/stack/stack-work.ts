import type { AwsAccount } from '../../aws/index.ts';
import type { SpanHandle } from '../../report/index.ts';
import type { EksClusterSpec, Topology } from '../../topology/index.ts';

/** What every operation on one cluster's stack takes. */
export interface StackWork {
  readonly topology: Topology;
  readonly spec: EksClusterSpec;
  readonly account: AwsAccount;
  readonly handle: SpanHandle;
  readonly signal: AbortSignal;
  /** Milliseconds between looks. */
  readonly pollMs: number;
}
