import type { AwsAccount } from '../../aws/index.ts';
import type { LogFile } from '../../provider/index.ts';
import { eventText } from './progress.ts';
import { observeStack, stackEvents } from './stack-state.ts';

/** A stack's state, outputs and events, oldest first. */
export async function stackLog(account: AwsAccount, stack: string): Promise<LogFile> {
  const state = await observeStack(account, stack);
  const events = state.id === undefined ? [] : await stackEvents(account, state.id);
  const lines = [
    `${stack} ${state.status}`,
    ...Object.entries(state.outputs).map(([name, value]) => `${name}: ${value}`),
    ...events.toReversed().map((event) => `${event.Timestamp?.toISOString() ?? ''} ${eventText(event)}`),
  ];
  return { name: `${stack}-events.txt`, content: `${lines.join('\n')}\n` };
}
