import type { BenchBed } from '../bed.ts';
import { inSample, kubectlOf, Lines } from './lines.ts';
import { condition, served } from './service.ts';

const told = '{.status.conditions[?(@.type=="Ready")].status}{"\\n"}';

/** The one pod that answers: it makes it Ready or not, a pod of the Service or not, and hears from its cluster when it is Ready. */
export class Gate extends Lines {
  /** When the cluster's API server told that the pod is Ready, since {@link forget}. */
  readyAt: number | undefined;
  /** What the API server told last. */
  isReady = false;
  #patch: (patch: object, ...more: string[]) => Promise<unknown> = async () => {};

  static async of(bed: BenchBed, cluster: string, app: string): Promise<Gate> {
    const watch = inSample(cluster, 'get', 'pods', '-l', `app=${app}`, '-w', '-o', `jsonpath=${told}`);
    const gate = new Gate(await kubectlOf(bed), watch, bed.env);
    const names = ['-n', 'sample', 'get', 'pods', '-l', `app=${app}`, '-o', 'name'];
    const pod = (await bed.kubectl(cluster, names)).trim();
    gate.#patch = (patch, ...more) =>
      bed.kubectl(cluster, ['-n', 'sample', 'patch', pod, ...more, '-p', JSON.stringify(patch)]);
    return gate;
  }

  async set(ready: boolean): Promise<void> {
    const conditions = [{ type: condition, status: ready ? 'True' : 'False' }];
    await this.#patch({ status: { conditions } }, '--subresource=status');
  }

  /** A pod that is not Ready stays an endpoint, and connections to it go on; one that is no longer selected does not. */
  async serve(whether: boolean): Promise<void> {
    await this.#patch({ metadata: { labels: { [served]: whether ? 'yes' : 'no' } } });
  }

  forget(): void {
    this.readyAt = undefined;
  }

  protected override take(line: string): void {
    this.isReady = line === 'True';
    if (this.isReady) this.readyAt ??= performance.now();
  }
}
