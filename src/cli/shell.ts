/** The outside world as commands see it; nothing in cli reads a global instead. */
export interface Shell {
  /** Where a user answers; nobody does when undefined. */
  readonly stdin?: NodeJS.ReadableStream & { isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  readonly stderr: NodeJS.WritableStream & { isTTY?: boolean; columns?: number };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Fires on the first Ctrl+C or SIGTERM. */
  readonly signal: AbortSignal;
}

/** Write a result; it always ends in exactly one line break. */
export function printResult(shell: Shell, text: string): void {
  shell.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** Whether to colour a stream: NO_COLOR, FORCE_COLOR, then whether it is a terminal. */
export function wantsColor(shell: Shell, stream: Shell['stdout']): boolean {
  if (shell.env['NO_COLOR']) return false;
  if (shell.env['FORCE_COLOR']) return true;
  return stream.isTTY === true;
}
