import { setTimeout as after } from 'node:timers/promises';

/** Sum of a metric over all its labels, of a text in Prometheus' format. */
export const sumOf = (text: string, metric: string): number =>
  text
    .split('\n')
    .filter((line) => line.startsWith(`${metric}{`) || line.startsWith(`${metric} `))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);

const idleMs = 5000;

/**
 * Requests to each API server while `work` ran, on average. What the clusters ask by themselves, as
 * in the five seconds before, is taken off, so that small numbers are rough where controllers run.
 */
export async function requestsOf<T>(
  metrics: () => Promise<readonly string[]>,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly requests: number }> {
  const total = async () => {
    const all = await metrics();
    return all.reduce((sum, text) => sum + sumOf(text, 'apiserver_request_total'), 0) / all.length;
  };
  const idle = await total();
  const idleAt = performance.now();
  await after(idleMs);
  const before = await total();
  const startedAt = performance.now();
  const result = await work();
  const asked = (await total()) - before;
  const byThemselves = ((before - idle) / (startedAt - idleAt)) * (performance.now() - startedAt);
  return { result, requests: Math.max(0, asked - byThemselves) };
}
