import { createInterface } from 'node:readline';
import { execa } from 'execa';
import type { BenchBed } from '../bed.ts';

/** A kubectl that goes on, and what it prints line by line. */
export class Lines {
  ended = false;
  readonly #stopping = new AbortController();

  protected constructor(program: string, args: readonly string[], env: Readonly<Record<string, string>>) {
    const running = execa(program, args, {
      env,
      stdin: 'ignore',
      stderr: 'inherit',
      buffer: false,
      reject: false,
      cancelSignal: this.#stopping.signal,
    });
    createInterface({ input: running.stdout }).on('line', (line) => this.take(line));
    void running.then(() => {
      this.ended = true;
    });
  }

  protected take(_line: string): void {}

  stop(): void {
    this.#stopping.abort();
  }
}

/** Arguments of kubectl for the samples' namespace of a cluster. */
export const inSample = (cluster: string, ...args: string[]): string[] => [
  '--context',
  cluster,
  '-n',
  'sample',
  ...args,
];

export const kubectlOf = (bed: BenchBed): Promise<string> => bed.program('kubectl');
