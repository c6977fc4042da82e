import { PassThrough } from 'node:stream';
import { run } from '../../../src/cli/run.ts';

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly signal?: AbortSignal;
  readonly env?: Readonly<Record<string, string>>;
  readonly providers?: Parameters<typeof run>[2];
  /** What a user at a terminal writes; without it nothing of the run is a terminal. */
  readonly typed?: string;
  /** Called with all of standard output so far, whenever something is written to it. */
  readonly onStdout?: (text: string) => void;
}

/** Run one command line in this process. */
export async function isthmus(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { signal = new AbortController().signal, env = {}, providers, typed, onStdout } = options;
  const written = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof written) => {
    const through = new PassThrough();
    through.on('data', (chunk: Buffer) => {
      written[name] += chunk.toString('utf8');
      if (name === 'stdout') onStdout?.(written.stdout);
    });
    return through;
  };
  const terminal = typed === undefined ? {} : { isTTY: true };
  const stdin = Object.assign(new PassThrough(), terminal);
  stdin.end(typed === undefined ? '' : `${typed}\n`);
  const stderr = Object.assign(stream('stderr'), terminal);
  const shell = { stdin, stdout: stream('stdout'), stderr, env, signal };
  const exitCode = await run(argv, shell, providers);
  return { exitCode, ...written };
}
