import type { ErrorCode } from './codes.ts';
import { codes } from './codes.ts';

/** Where a problem is: a file with 1-based line and column, and the path inside the document. */
export interface Location {
  readonly file: string;
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  /** Path inside the document, for instance `spec.clusters[1].cidr`. */
  readonly path?: string | undefined;
}

/** What an error says besides its code and message. */
export interface IsthmusErrorOptions {
  /** What to do about it, as one imperative sentence. */
  readonly hint?: string | undefined;
  readonly where?: Location | undefined;
  readonly cause?: unknown;
  /** Debian packages whose installation would mend it. */
  readonly packages?: readonly string[];
  /** Several problems found in one go; each is shown on its own line. */
  readonly problems?: readonly {
    readonly message: string;
    readonly where?: Location;
    readonly hint?: string;
  }[];
}

const brand = Symbol.for('isthmus.error');

/**
 * The one error that isthmus throws on purpose. `code` is stable; `message` is lower case, without
 * a period, and contains the wrong value. Never put a secret into a message, hint or cause.
 */
export class IsthmusError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly where: Location | undefined;
  readonly problems: NonNullable<IsthmusErrorOptions['problems']>;
  readonly packages: readonly string[];
  readonly [brand] = true;

  /** @param message lower case, without a period, with the wrong value and nothing secret */
  constructor(code: ErrorCode, message: string, options: IsthmusErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = code;
    this.code = code;
    this.hint = options.hint;
    this.where = options.where;
    this.problems = options.problems ?? [];
    this.packages = options.packages ?? [];
  }

  /** Who can mend it; decides the exit code. */
  get source() {
    return codes[this.code].source;
  }
}

/** True for an {@link IsthmusError} of any copy of this library (a brand, since `instanceof` fails across copies). */
export function isIsthmusError(error: unknown): error is IsthmusError {
  return typeof error === 'object' && error !== null && brand in error;
}

/** The message of whatever was thrown, never empty. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message || error.name;
  return String(error);
}
