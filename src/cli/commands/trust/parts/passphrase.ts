import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Option } from 'commander';
import { IsthmusError } from '../../../../errors/index.ts';
import { fileError } from '../../../../files/index.ts';
import { ask, canAsk } from '../../../ask.ts';
import type { Shell } from '../../../shell.ts';

/** Flags by which a command is given a passphrase. */
export interface PassphraseFlags {
  readonly passphraseFile?: string;
}

/** Never the passphrase itself, which every user of the machine could read from the process list. */
export const passphraseOption = (): Option =>
  new Option(
    '--passphrase-file <path>',
    'file with the passphrase in its first line, - for standard input (default: $ISTHMUS_PASSPHRASE, else asked on a terminal)',
  );

/**
 * The passphrase of the flag's file or the environment, else what somebody writes on the terminal, which is not shown.
 * Throws FLAGS_INVALID for none, a short one, or another the second time.
 * @param options.isNew it is chosen now, so it is asked for twice
 */
export async function passphraseOf(
  { passphraseFile }: PassphraseFlags,
  shell: Shell,
  { isNew }: { readonly isNew: boolean },
): Promise<string> {
  const given =
    passphraseFile === undefined
      ? shell.env['ISTHMUS_PASSPHRASE'] || (await asked(shell, isNew))
      : await firstLine(passphraseFile, shell);
  if (given !== undefined && given.length >= 8) return given;
  const fault = given ? 'the passphrase is shorter than 8 characters' : 'there is no passphrase';
  throw new IsthmusError('FLAGS_INVALID', fault, {
    hint: 'give it by --passphrase-file, in the environment variable ISTHMUS_PASSPHRASE, or on a terminal when asked',
  });
}

async function asked(shell: Shell, isNew: boolean): Promise<string | undefined> {
  if (!canAsk(shell)) return undefined;
  const passphrase = await ask(shell, 'passphrase of the file (not shown): ', { hidden: true });
  if (!isNew || (await ask(shell, 'the same again: ', { hidden: true })) === passphrase) return passphrase;
  throw new IsthmusError('FLAGS_INVALID', 'the two passphrases differ', { hint: 'run the command again' });
}

async function firstLine(path: string, { stdin }: Shell): Promise<string> {
  const reading = path === '-' ? (stdin ? text(stdin) : Promise.resolve('')) : readFile(path, 'utf8');
  const all = await reading.catch((error: unknown) => {
    throw fileError(error, { doing: 'read', path });
  });
  return all.split(/\r?\n/, 1)[0] ?? '';
}
