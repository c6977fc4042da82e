import { setMaxListeners } from 'node:events';

/** What is to be stopped when a signal fires. */
interface Waiting {
  readonly stop: () => void;
}

/**
 * Of every signal: node.js walks through all of its listeners for each that comes or goes, and hundreds of requests
 * of one operation share a signal.
 */
const waiting = new WeakMap<AbortSignal, Set<Waiting>>();

/**
 * Call `stop` when the signal fires, or in a moment if it has fired already; returns how to no longer
 * do so. What `stop` throws is lost to the others that wait: it must not.
 */
export function onAbort(signal: AbortSignal | undefined, stop: () => void): () => void {
  if (!signal) return () => {};
  if (signal.aborted) {
    let wanted = true;
    // The caller must have got its way out first, as what stops the work also leaves by it.
    queueMicrotask(() => wanted && stop());
    return () => {
      wanted = false;
    };
  }
  const all = waiting.get(signal) ?? listenTo(signal);
  const one = { stop };
  all.add(one);
  return () => void all.delete(one);
}

function listenTo(signal: AbortSignal): Set<Waiting> {
  const all = new Set<Waiting>();
  waiting.set(signal, all);
  // Others listen to the same signal as well, of which node.js would take a dozen for a leak.
  setMaxListeners(0, signal);
  signal.addEventListener('abort', () => stopAll(all), { once: true });
  return all;
}

function stopAll(all: Set<Waiting>): void {
  for (const one of all) {
    all.delete(one);
    one.stop();
  }
}
