import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Option } from 'commander';
import { IsthmusError } from '../../../../errors/index.ts';
import { fileError } from '../../../../files/index.ts';
import type { Shell } from '../../../shell.ts';

/** Flags by which a command is given a passphrase. */
export interface PassphraseFlags {
  readonly passphraseFile?: string;
}

/** Never the passphrase itself, which every user of the machine could read from the process list. */
export const passphraseOption = (): Option =>
  new Option(
    '--passphrase-file <path>',
    'file with the passphrase in its first line, - for standard input (default: $ISTHMUS_PASSPHRASE)',
  );

/** The passphrase of the flag's file or the environment. Throws FLAGS_INVALID for none or a short one. */
export async function passphraseOf({ passphraseFile }: PassphraseFlags, shell: Shell): Promise<string> {
  const given =
    passphraseFile === undefined ? shell.env['ISTHMUS_PASSPHRASE'] : await firstLine(passphraseFile);
  if (given !== undefined && given.length >= 8) return given;
  const fault = given ? 'the passphrase is shorter than 8 characters' : 'there is no passphrase';
  throw new IsthmusError('FLAGS_INVALID', fault, {
    hint: 'give it by --passphrase-file or in the environment variable ISTHMUS_PASSPHRASE',
  });
}

async function firstLine(path: string): Promise<string> {
  const reading = path === '-' ? text(process.stdin) : readFile(path, 'utf8');
  const all = await reading.catch((error: unknown) => {
    throw fileError(error, { doing: 'read', path });
  });
  return all.split(/\r?\n/, 1)[0] ?? '';
}
