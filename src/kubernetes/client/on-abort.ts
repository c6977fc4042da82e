import { setMaxListeners } from 'node:events';

/** Call `stop` when the signal fires; returns how to no longer do so. */
export function onAbort(signal: AbortSignal | undefined, stop: () => void): () => void {
  if (!signal) return () => {};
  // A dozen requests of one operation share its signal, which node.js takes for a leak.
  setMaxListeners(0, signal);
  signal.addEventListener('abort', stop, { once: true });
  return () => signal.removeEventListener('abort', stop);
}
