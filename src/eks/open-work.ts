import { isIsthmusError } from '../errors/index.ts';
import type { ProviderContext } from '../provider/index.ts';
import type { SpanHandle } from '../report/index.ts';
import type { EksClusterSpec } from '../topology/index.ts';
import type { AwsAccounts } from './aws-accounts.ts';
import { stackName } from './names.ts';
import { withZones } from './stack/pinned-zones.ts';
import { peersSendFrom } from './stack/sends-from.ts';
import type { StackWork } from './stack/stack-work.ts';

export interface WorkOptions {
  readonly context: ProviderContext;
  readonly accounts: AwsAccounts;
  readonly handle: SpanHandle;
  readonly pollMs: number;
}

/** What every operation on one cluster's stack takes, its zones settled. */
export async function openWork(options: WorkOptions, file: EksClusterSpec): Promise<StackWork> {
  const { context, accounts, handle, pollMs } = options;
  const { topology, signal } = context;
  const account = accounts.of(file);
  const spec = await withZones(file, account, stackName(topology.name, file.name)).catch(asTheFile(file));
  const peersSend = () => peersSendFrom(topology, spec, accounts);
  return { topology, spec, account, handle, signal, pollMs, peersSendFrom: peersSend };
}

/** Without credentials a plan shows the zones that the region's name suggests. */
const asTheFile = (spec: EksClusterSpec) => (error: unknown) => {
  if (isIsthmusError(error) && error.code === 'AWS_CREDENTIALS_MISSING') return spec;
  throw error;
};
