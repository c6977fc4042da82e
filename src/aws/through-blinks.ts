import { messageOf } from '../errors/index.ts';
import { NotReady } from '../process/index.ts';
import { isTransient } from './aws-error.ts';

/** How long a wait goes on without one good answer. Milliseconds. */
const graceMs = 5 * 60_000;

/**
 * A probe of a wait of minutes that a moment's failure does not end: what time may mend is not ready yet,
 * until nothing else has come for five minutes.
 * @param now for tests; the clock by default
 */
export function throughBlinks<A extends readonly unknown[], T>(
  probe: (...given: A) => Promise<T>,
  now: () => number = Date.now,
): (...given: A) => Promise<T> {
  let failingSince: number | undefined;
  return async (...given) => {
    try {
      const answer = await probe(...given);
      failingSince = undefined;
      return answer;
    } catch (error) {
      if (!isTransient(error)) {
        failingSince = undefined;
        throw error;
      }
      failingSince ??= now();
      throw now() - failingSince < graceMs ? new NotReady(messageOf(error)) : error;
    }
  };
}
