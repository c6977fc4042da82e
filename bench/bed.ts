import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { isthmus, type MeasureOptions, measure, type Took } from './isthmus.ts';

/** One mesh of local clusters that is measured, with a data folder and a kubeconfig of its own. */
export class BenchBed {
  readonly folder: string;
  readonly file: string;
  readonly clusters: readonly string[];
  #bin: Promise<string> | undefined;

  private constructor(folder: string, clusters: readonly string[]) {
    this.folder = folder;
    this.file = join(folder, 'mesh.yaml');
    this.clusters = clusters;
  }

  /** Nothing is brought up yet, and what a run that was cut off left is taken away; all goes when the bed is disposed of. */
  static async of(count: number): Promise<BenchBed> {
    const names = Array.from({ length: count }, (_, at) => `c-${at + 1}`);
    const bed = new BenchBed(await mkdtemp(join(tmpdir(), 'isthmus-bench-')), names);
    await writeFile(bed.file, meshOf(names));
    await bed.isthmus('down');
    return bed;
  }

  /** Contexts are in it after `isthmus contexts`. */
  get kubeconfig(): string {
    return join(this.folder, 'kubeconfig');
  }

  get env(): Record<string, string> {
    return { XDG_DATA_HOME: join(this.folder, 'data'), KUBECONFIG: this.kubeconfig };
  }

  isthmus(...args: string[]) {
    return isthmus(this, ...args);
  }

  measure(args: readonly string[], options?: MeasureOptions): Promise<Took> {
    return measure(this, args, options);
  }

  /** Where a program of the toolchain is. */
  async program(name: string): Promise<string> {
    this.#bin ??= this.isthmus('toolchain', 'path').then(({ stdout }) => stdout.trim());
    return join(await this.#bin, name);
  }

  /** Contexts are there after `isthmus contexts`. */
  async kubectl(cluster: string, args: readonly string[], input?: string): Promise<string> {
    const from = input === undefined ? { stdin: 'ignore' as const } : { input };
    const all = ['--context', cluster, ...args];
    const { stdout } = await execa(await this.program('kubectl'), all, { env: this.env, ...from });
    return stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.isthmus('down');
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** mesh.yaml of these local clusters, each in a network of its own. */
export function meshOf(names: readonly string[]): string {
  const entries = names.map(
    (name, at) => `    - {name: ${name}, provider: local, network: n${at + 1}, cidr: 10.${at + 1}.0.0/16}`,
  );
  return `apiVersion: isthmus/v1alpha1\nkind: Mesh\nmetadata: {name: bench}\nspec:\n  clusters:\n${entries.join('\n')}\n`;
}

/** MiB that the kernel could still give out. */
export async function available(): Promise<number> {
  const [, kib] = /MemAvailable:\s+(\d+)/.exec(await readFile('/proc/meminfo', 'utf8')) ?? [];
  return Number(kib) / 1024;
}
