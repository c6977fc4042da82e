import type { BenchBed } from '../bed.ts';
import { inSample, kubectlOf, Lines } from './lines.ts';

/** It asks all the time, fifty times a second at most, and says each answer's HTTP status. */
const script = (app: string) =>
  `while :; do curl -s -m 2 -o /dev/null -w '%{http_code}\\n' http://${app}.sample:5000/hello; sleep 0.02; done`;

/** A client in another cluster that asks all the time. */
export class Caller extends Lines {
  /** When the first answer came since {@link forget}; milliseconds of this process. */
  firstAt: number | undefined;
  /** When nobody answered for the first time after the last answer. */
  silentSince: number | undefined;

  static async start(bed: BenchBed, cluster: string, app: string): Promise<Caller> {
    const args = inSample(cluster, 'exec', 'deploy/sleep', '-c', 'sleep', '--', 'sh', '-c', script(app));
    return new Caller(await kubectlOf(bed), args, bed.env);
  }

  forget(): void {
    this.firstAt = undefined;
  }

  protected override take(line: string): void {
    const now = performance.now();
    if (line === '200') {
      this.firstAt ??= now;
      this.silentSince = undefined;
    } else this.silentSince ??= now;
  }
}
