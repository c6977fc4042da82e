import type { BenchBed } from '../bed.ts';
import { inSample, kubectlOf, Lines } from './lines.ts';
import { app, condition } from './service.ts';

const told = '{.status.conditions[?(@.type=="Ready")].status}{"\\n"}';

/** The one pod that answers: it makes it Ready or not, and hears from its cluster when it is. */
export class Gate extends Lines {
  /** When the cluster's API server told that the pod is Ready, since {@link forget}. */
  readyAt: number | undefined;
  #patch: (status: string) => Promise<unknown> = async () => {};

  static async of(bed: BenchBed, cluster: string): Promise<Gate> {
    const watch = inSample(cluster, 'get', 'pods', '-l', `app=${app}`, '-w', '-o', `jsonpath=${told}`);
    const gate = new Gate(await kubectlOf(bed), watch, bed.env);
    const names = ['-n', 'sample', 'get', 'pods', '-l', `app=${app}`, '-o', 'name'];
    const pod = (await bed.kubectl(cluster, names)).trim();
    gate.#patch = (status) => {
      const patch = JSON.stringify({ status: { conditions: [{ type: condition, status }] } });
      return bed.kubectl(cluster, ['-n', 'sample', 'patch', pod, '--subresource=status', '-p', patch]);
    };
    return gate;
  }

  async set(ready: boolean): Promise<void> {
    await this.#patch(ready ? 'True' : 'False');
  }

  forget(): void {
    this.readyAt = undefined;
  }

  protected override take(line: string): void {
    if (line === 'True') this.readyAt ??= performance.now();
  }
}
