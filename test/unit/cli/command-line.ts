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
  /** Called with all of standard output so far, whenever something is written to it. */
  readonly onStdout?: (text: string) => void;
}

/** Run one command line in this process; nothing of it is a terminal. */
export async function isthmus(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { signal = new AbortController().signal, env = {}, providers, onStdout } = options;
  const written = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof written) => {
    const through = new PassThrough();
    through.on('data', (chunk: Buffer) => {
      written[name] += chunk.toString('utf8');
      if (name === 'stdout') onStdout?.(written.stdout);
    });
    return through;
  };
  const shell = { stdout: stream('stdout'), stderr: stream('stderr'), env, signal };
  const exitCode = await run(argv, shell, providers);
  return { exitCode, ...written };
}
