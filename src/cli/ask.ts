import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { IsthmusError } from '../errors/index.ts';
import type { Shell } from './shell.ts';

/** Is somebody there to be asked, who sees the question? */
export const canAsk = ({ stdin, stderr }: Shell): boolean => stdin?.isTTY === true && stderr.isTTY === true;

/**
 * The line that a user answers with on the terminal. Throws INTERRUPTED if none comes: Ctrl+C and Ctrl+D end the
 * question, and readline would leave it open for ever.
 * @param options.hidden do not show what is written
 */
export async function ask(
  shell: Shell,
  question: string,
  { hidden = false }: { readonly hidden?: boolean } = {},
): Promise<string> {
  if (!shell.stdin) throw unanswered();
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  // From here on the terminal itself shows nothing of what is written, so the question comes after.
  const line = createInterface({
    input: shell.stdin,
    output: hidden ? unseen : shell.stderr,
    ...(hidden ? { terminal: true } : {}),
  });
  const closed = new Promise<never>((_, reject) => line.once('close', () => reject(unanswered())));
  try {
    if (hidden) shell.stderr.write(question);
    const answer = line.question(hidden ? '' : question, { signal: shell.signal });
    return await Promise.race([answer, closed]);
  } finally {
    line.close();
    if (hidden) shell.stderr.write('\n');
    await closed.catch(() => undefined);
  }
}

const unanswered = (): IsthmusError => new IsthmusError('INTERRUPTED', 'the question was not answered');
