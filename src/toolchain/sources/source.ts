import { join } from 'node:path';
import { IsthmusError } from '../../errors/index.ts';
import type { Program } from '../programs/programs.ts';

export interface ObtainOptions {
  /** All of them are offered by the source, and of one batch of it. */
  readonly programs: readonly Program[];
  /** Folder to write each program to, under its name; none of them is there yet. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** What goes on, for the progress display. */
  readonly onProgress: (progress: ObtainProgress) => void;
}

export interface ObtainProgress {
  /** One line: the file that is downloaded, the package that is compiled. */
  readonly message: string;
  /** Pieces done of `total`, where the source knows pieces smaller than programs. */
  readonly done?: number;
  readonly total?: number;
  /** Milliseconds until all of the programs are there, where the source knows better than their weights tell. */
  readonly remainingMs?: number;
}

/** Somewhere a program can come from. Both official releases and the Go build end in the same cache. */
export interface Source {
  readonly name: string;
  /** Whether this source can give the program, as far as it knows by now; asks nobody. */
  offers(program: Program): boolean;
  /** Programs with the same batch are asked for in one call, as that costs less; each alone by default. */
  batchOf?(program: Program): string;
  /** What whoever runs this has to be told once of programs that it gave. */
  caveat?(programs: readonly Program[]): string | undefined;
  /**
   * Write the programs to the folder. Throws DOWNLOAD_FAILED, CHECKSUM_MISMATCH, BUILD_FAILED,
   * TOOL_MISSING or DISK_FULL.
   */
  obtain(options: ObtainOptions): Promise<void>;
}

/** The one program that a source without batches is asked for, and the path to write it to. */
export function onlyOne({ programs, folder }: ObtainOptions): { program: Program; target: string } {
  const [program, ...more] = programs;
  if (!program || more.length > 0)
    throw new IsthmusError('BUG', `asked for ${programs.length} programs at once instead of one`);
  return { program, target: join(folder, program.name) };
}
