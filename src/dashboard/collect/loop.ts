import { setTimeout as delay } from 'node:timers/promises';

export interface LoopOptions {
  /** From the end of one look to the start of the next, at least; milliseconds. */
  readonly everyMs: number;
  readonly signal: AbortSignal;
}

/**
 * Look again and again until the signal fires. A look that takes long is taken less often: it may use
 * half of the time. Returns who makes the next one begin at once.
 */
export function loop(look: () => Promise<void>, { everyMs, signal }: LoopOptions): () => void {
  let nudged = false;
  let pause = new AbortController();
  const run = async () => {
    while (!signal.aborted) {
      const started = Date.now();
      nudged = false;
      await look();
      pause = new AbortController();
      if (nudged) continue;
      const ms = Math.max(everyMs, Date.now() - started);
      await delay(ms, undefined, { signal: AbortSignal.any([signal, pause.signal]) }).catch(() => {});
    }
  };
  void run();
  return () => {
    nudged = true;
    pause.abort();
  };
}
