import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { execa } from 'execa';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** What one command printed and how it ended. */
export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** isthmus as child processes, and all that they ever wrote. */
export class CommandLine {
  readonly #folder: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #runs: { readonly command: string; readonly wrote: string }[] = [];

  private constructor(folder: string, env: Readonly<Record<string, string>>) {
    this.#folder = folder;
    this.#env = env;
  }

  /** Bundle the rehearsal's entry as the product is bundled, at the same depth, for the time of a test. */
  static async build(env: Readonly<Record<string, string>>): Promise<CommandLine> {
    const folder = join(root, 'dist', `rehearsal-${process.pid}`);
    await build({
      absWorkingDir: root,
      entryPoints: ['test/aws/support/rehearsed-isthmus.ts'],
      outdir: folder,
      bundle: true,
      splitting: true,
      chunkNames: '[name]-[hash]',
      format: 'esm',
      platform: 'node',
      target: 'node20',
      packages: 'external',
      logLevel: 'warning',
    });
    return new CommandLine(folder, env);
  }

  async stop(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Start a command without waiting for it; the process is isthmus itself, so it can be killed. */
  start(...args: readonly string[]) {
    const child = execa(process.execPath, [join(this.#folder, 'rehearsed-isthmus.js'), ...args], {
      env: this.#env,
      reject: false,
      stdin: 'ignore',
      timeout: 300_000,
    });
    void child.then(({ stdout, stderr }) => this.note(args.join(' '), `${stdout}\n${stderr}`));
    return child;
  }

  /** Run a command to its end, whatever its exit code. */
  async run(...args: readonly string[]): Promise<Ran> {
    const { exitCode, stdout, stderr } = await this.start(...args);
    return { exitCode: exitCode ?? -1, stdout: String(stdout), stderr: String(stderr) };
  }

  /** Enter something that a command wrote elsewhere, such as an archive's content. */
  note(command: string, wrote: string): void {
    this.#runs.push({ command, wrote });
  }

  get runs(): readonly { readonly command: string; readonly wrote: string }[] {
    return this.#runs;
  }
}
