import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { execa } from 'execa';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** What stood on the terminal in the end, and how the program ended. */
export interface Shown {
  readonly exitCode: number;
  readonly screen: string;
}

/** isthmus as a process on a terminal of its own, as a person runs it. */
export class Terminal {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Bundle the product as its build does, at the same depth, for the time of a test. */
  static async build(): Promise<Terminal> {
    const folder = join(root, 'dist', `terminal-${process.pid}`);
    await build({
      absWorkingDir: root,
      entryPoints: ['src/cli/main.ts'],
      outdir: folder,
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      packages: 'external',
      logLevel: 'warning',
    });
    return new Terminal(folder);
  }

  remove(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }

  /**
   * Run a command in this environment and no other.
   * @param answers what is waited for on the screen, and what is typed then
   */
  async run(
    argv: readonly string[],
    answers: readonly (readonly [string, string])[],
    env: Readonly<Record<string, string>>,
  ): Promise<Shown> {
    const program = [process.execPath, join(this.#folder, 'main.js'), ...argv];
    const args = ['test/fakes/terminal.py', JSON.stringify(answers), ...program];
    const { PATH = '', HOME = '' } = process.env;
    const { exitCode, stdout } = await execa('python3', args, {
      cwd: root,
      env: { PATH, HOME, TERM: 'xterm', ...env },
      extendEnv: false,
      reject: false,
      timeout: 60_000,
    });
    return { exitCode: exitCode ?? -1, screen: stdout };
  }
}
