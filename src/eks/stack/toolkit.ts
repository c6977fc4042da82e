import type { Agent } from 'node:https';
import type { Toolkit } from '@aws-cdk/toolkit-lib';
import { type AwsAccount, awsAgent } from '../../aws/index.ts';
import type { SpanHandle } from '../../report/index.ts';
import { progressHost } from './progress.ts';

/** A toolkit that signs as this account, reports to this span and tells whether a deployment changed anything. */
export async function toolkitFor(
  account: AwsAccount,
  handle: SpanHandle,
  onDeployed?: (unchanged: boolean) => void,
): Promise<Toolkit> {
  const { BaseCredentials, Toolkit } = await import('@aws-cdk/toolkit-lib');
  const provider = await account.credentials();
  const agent = (await awsAgent(account.target.profile)) as Agent | undefined;
  return new Toolkit({
    ioHost: progressHost(handle, onDeployed),
    color: false,
    emojis: false,
    sdkConfig: {
      baseCredentials: BaseCredentials.custom({ provider, region: account.target.region }),
      ...(agent ? { httpOptions: { agent } } : {}),
    },
  });
}
