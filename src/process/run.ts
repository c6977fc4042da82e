import type { Options } from 'execa';
import { IsthmusError } from '../errors/index.ts';

export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly input?: string | Uint8Array | undefined;
  /** Hand it the terminal: its input is that of isthmus, and what it says on standard error is seen, not returned. */
  readonly onTerminal?: boolean | undefined;
  /** Return instead of throwing when the exit code is not zero. */
  readonly allowFailure?: boolean | undefined;
  /** Called with each line of standard error as it comes. */
  readonly onLine?: ((line: string) => void) | undefined;
}

export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** A program that ended badly; `cause` holds nothing, so that no environment or input leaks. */
export class RunError extends IsthmusError {
  readonly command: string;
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;

  constructor(
    message: string,
    details: { command: string; exitCode: number | undefined; stdout: string; stderr: string; hint?: string },
  ) {
    super(
      details.exitCode === undefined && /ENOENT/.test(message) ? 'TOOL_MISSING' : 'PROCESS_FAILED',
      message,
      { hint: details.hint },
    );
    this.command = details.command;
    this.exitCode = details.exitCode;
    this.stdout = details.stdout;
    this.stderr = details.stderr;
  }
}

const tail = (text: string, lines = 8) => text.trim().split('\n').slice(-lines).join('\n');

/**
 * Run a program to its end, without a shell. Throws {@link RunError} with the command and the last
 * lines of its output, TOOL_MISSING if it does not exist, INTERRUPTED if the signal fired.
 */
export async function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  // Most commands that look at a mesh run no program, and a hundred files are loaded for it.
  const { execa } = await import('execa');
  const execaOptions: { -readonly [K in keyof Options]: Options[K] } = {
    reject: false,
    stripFinalNewline: false,
    maxBuffer: 64 * 1024 * 1024,
    cleanup: true,
  };
  if (options.cwd !== undefined) execaOptions.cwd = options.cwd;
  if (options.env !== undefined) execaOptions.env = { ...options.env };
  if (options.onTerminal) Object.assign(execaOptions, { stdin: 'inherit', stderr: 'inherit' });
  else if (options.input === undefined) execaOptions.stdin = 'ignore';
  else execaOptions.input = options.input as string;
  if (options.signal !== undefined) execaOptions.cancelSignal = options.signal;
  if (options.timeoutMs !== undefined) execaOptions.timeout = options.timeoutMs;
  const child = execa(command, [...args], execaOptions);
  if (options.onLine) void forwardLines(child.iterable({ from: 'stderr' }), options.onLine);
  const result = await child;
  const stdout = String(result.stdout ?? '');
  const stderr = String(result.stderr ?? '');
  if (!result.failed) return { stdout, stderr, exitCode: 0 };
  if (result.isCanceled) throw new IsthmusError('INTERRUPTED', `interrupted while ${command} ran`);
  if (result.exitCode !== undefined && options.allowFailure)
    return { stdout, stderr, exitCode: result.exitCode };
  const why = result.timedOut
    ? `did not end within ${options.timeoutMs} ms`
    : result.exitCode !== undefined
      ? `ended with exit code ${result.exitCode}`
      : `could not run: ${result.code ?? result.signal ?? 'unknown reason'}`;
  const shown = tail(stderr || stdout);
  throw new RunError(`${command} ${why}${shown ? `\n${shown}` : ''}`, {
    command: result.escapedCommand,
    exitCode: result.exitCode,
    stdout,
    stderr,
  });
}

async function forwardLines(lines: AsyncIterable<unknown>, onLine: (line: string) => void): Promise<void> {
  try {
    for await (const line of lines) onLine(String(line));
  } catch {
    // The child's end is reported by run() itself; the iterator only repeats it.
  }
}
