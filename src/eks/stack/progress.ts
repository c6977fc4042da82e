import type { IIoHost, StackActivity } from '@aws-cdk/toolkit-lib';
import type { StackEvent } from '@aws-sdk/client-cloudformation';
import { redact, type SpanHandle } from '../../report/index.ts';

/** One CloudFormation event as a person reads it: `EKS::Cluster Cluster CREATE_IN_PROGRESS`. */
export function eventText(event: StackEvent): string {
  const type = (event.ResourceType ?? '').replace(/^AWS::/, '');
  const reason = event.ResourceStatus?.endsWith('_FAILED') ? `: ${event.ResourceStatusReason ?? ''}` : '';
  return redact(`${type} ${event.LogicalResourceId ?? ''} ${event.ResourceStatus ?? ''}${reason}`.trim());
}

/**
 * toolkit-lib's messages as our progress. Its results and advice are for cdk's users and say nothing
 * that the span does not; questions get their confirming answer, since whoever called us has decided.
 */
export function progressHost(
  handle: SpanHandle,
  onDeployed: (unchanged: boolean) => void = () => {},
): IIoHost {
  return {
    async notify(message) {
      if (message.code === 'CDK_TOOLKIT_I5900')
        onDeployed((message.data as { noOp?: boolean }).noOp === true);
      if (message.code !== 'CDK_TOOLKIT_I5502') return;
      const { event, progress } = message.data as StackActivity;
      const total = progress.total ? { done: progress.completed, total: progress.total } : {};
      handle.progress({ message: eventText(event), ...total });
    },
    async requestResponse<T>(request: { defaultResponse: T }) {
      return (typeof request.defaultResponse === 'boolean' ? true : request.defaultResponse) as T;
    },
  };
}
