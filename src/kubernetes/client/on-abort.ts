import { setMaxListeners } from 'node:events';

/** What is to be stopped when a signal fires. */
interface Waiting {
  readonly stop: () => void;
}

interface Listening {
  readonly all: Set<Waiting>;
  readonly leave: () => void;
}

/**
 * Of every signal: node.js walks through all of its listeners for each that comes or goes, and hundreds of requests
 * of one operation share a signal.
 */
const waiting = new WeakMap<AbortSignal, Listening>();

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
  const known = waiting.get(signal) ?? listenTo(signal);
  const one = { stop };
  known.all.add(one);
  return () => {
    known.all.delete(one);
    // A composed signal lives as long as somebody listens to it.
    if (known.all.size === 0) known.leave();
  };
}

function listenTo(signal: AbortSignal): Listening {
  const all = new Set<Waiting>();
  const stopAll = () => {
    for (const one of all) {
      all.delete(one);
      one.stop();
    }
  };
  const leave = () => {
    signal.removeEventListener('abort', stopAll);
    waiting.delete(signal);
  };
  // Others listen to the same signal as well, of which node.js would take a dozen for a leak.
  setMaxListeners(0, signal);
  signal.addEventListener('abort', stopAll, { once: true });
  const listening = { all, leave };
  waiting.set(signal, listening);
  return listening;
}
