import { setMaxListeners } from 'node:events';

/**
 * Call `stop` when the signal fires, or in a moment if it has fired already; returns how to no longer
 * do so.
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
  // A dozen requests of one operation share its signal, which node.js takes for a leak.
  setMaxListeners(0, signal);
  signal.addEventListener('abort', stop, { once: true });
  return () => signal.removeEventListener('abort', stop);
}
