const clock = (): string => new Date().toTimeString().slice(0, 8);

/** One line of standard error with the time, so that whoever waits sees where a long bench is. */
export function tell(text: string): void {
  process.stderr.write(`${clock()} ${text}\n`);
}

/** Tell that something begins, and how long it took. It is no figure. */
export async function step<T>(what: string, work: () => PromiseLike<T>): Promise<T> {
  const started = performance.now();
  tell(`${what} …`);
  const result = await work();
  tell(`${what}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return result;
}
