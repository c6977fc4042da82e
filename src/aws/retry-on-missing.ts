import { messageOf } from '../errors/index.ts';
import { NotReady, waitUntil } from '../process/index.ts';
import type { AwsAccount } from './account.ts';
import { isMissing, isTransient } from './aws-error.ts';

/**
 * A look that lists things and then asks about each. One that goes between the two calls makes the
 * whole look stale, not wrong, so it is taken again.
 */
export function retryOnMissing<T>({ signal }: AwsAccount, what: string, look: () => Promise<T>): Promise<T> {
  return waitUntil({ what, timeoutMs: 60_000, delayMs: 200, signal }, async () => {
    try {
      return await look();
    } catch (error) {
      throw isMissing(error) || isTransient(error) ? new NotReady(messageOf(error)) : error;
    }
  });
}
