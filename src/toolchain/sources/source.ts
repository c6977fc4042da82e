import type { Program } from '../programs/programs.ts';

export interface ObtainOptions {
  readonly program: Program;
  /** Path to write the program to; nothing is there yet. */
  readonly target: string;
  readonly signal: AbortSignal;
  /** One line about what goes on, for the progress display. */
  readonly onLine: (line: string) => void;
}

/** Somewhere a program can come from. Both official releases and the Go build end in the same cache. */
export interface Source {
  readonly name: string;
  /** Whether this source can give the program at all; asks nobody. */
  offers(program: Program): boolean;
  /**
   * Write the program to `target`. Throws DOWNLOAD_FAILED, CHECKSUM_MISMATCH, BUILD_FAILED,
   * TOOL_MISSING or DISK_FULL.
   */
  obtain(options: ObtainOptions): Promise<void>;
}
