/** Minor number of `v1.36.3`, `1.31-dev` or `1.31.0`; NaN for anything else. */
export function minorOf(version: string): number {
  return Number(/^v?\d+\.(\d+)/.exec(version)?.[1] ?? Number.NaN);
}
