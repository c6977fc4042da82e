import type { AwsAccount } from '../../aws/index.ts';
import type { SpanHandle } from '../../report/index.ts';
import type { Cidr, EksClusterSpec, Topology } from '../../topology/index.ts';

/** What every operation on one cluster's stack takes. */
export interface StackWork {
  readonly topology: Topology;
  readonly spec: EksClusterSpec;
  readonly account: AwsAccount;
  readonly handle: SpanHandle;
  readonly signal: AbortSignal;
  /** Blocks that the other clusters of the mesh come from over the internet, as far as they exist. */
  readonly peersSendFrom: () => Promise<readonly Cidr[]>;
  /** Milliseconds between looks. */
  readonly pollMs: number;
}
