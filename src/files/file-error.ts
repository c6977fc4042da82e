import { IsthmusError, messageOf } from '../errors/index.ts';

/** Was that thrown by node.js with one of these codes, such as ENOENT? */
export const hasCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code));

export interface FileErrorOptions {
  /** The file or folder; else the one that the error names. */
  readonly path?: string;
  /** What was attempted, such as `write`; else what the failed call does. */
  readonly doing?: string;
  /** What to do where rights are missing. */
  readonly hint?: string;
}

const deeds: Readonly<Record<string, string>> = {
  access: 'look at',
  lstat: 'look at',
  stat: 'look at',
  scandir: 'list',
  opendir: 'list',
  mkdir: 'make',
  rm: 'remove',
  rmdir: 'remove',
  unlink: 'remove',
  rename: 'replace',
};

const denied: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
};

const failed: Readonly<Record<string, string>> = {
  EEXIST: 'there is a file in its place',
  EIO: 'the disk reports an error',
  ELOOP: 'its symbolic links go in a circle',
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'the path is too long',
  ENFILE: 'too many files are open on this machine',
  ENOTDIR: 'a part of the path is no folder',
  EISDIR: 'it is a folder',
};

/**
 * What a file system refused, as a coded error: FILE_DENIED for missing rights, DISK_FULL, and
 * FILE_FAILED for what no program can foresee. Anything else comes back as it is, as it is either
 * coded already or a defect.
 */
export function fileError(error: unknown, options: FileErrorOptions = {}): unknown {
  const { code = '', syscall = '', path = options.path } = error as NodeJS.ErrnoException;
  const isFull = code === 'ENOSPC' || code === 'EDQUOT';
  // A failed write to an open file does not say to which; a failed connection has no path either.
  if (!(error instanceof Error) || (path === undefined && !isFull)) return error;
  const what = `cannot ${options.doing ?? deeds[syscall] ?? (isFull ? 'write' : 'open')} ${options.path ?? path ?? 'a file'}`;
  if (code in denied)
    return new IsthmusError('FILE_DENIED', `${what}: ${denied[code]} (${code})`, {
      hint: options.hint ?? `run it as the user to whom ${path} belongs, or give this user rights to it`,
      cause: error,
    });
  if (isFull)
    return new IsthmusError('DISK_FULL', `${what}: no space left`, {
      hint: `free some space${path ? ` on the disk of ${path}` : ''} and run the same command again`,
      cause: error,
    });
  if (code in failed)
    return new IsthmusError('FILE_FAILED', `${what}: ${failed[code]} (${code})`, {
      hint: `look at ${path} and its disk: ${messageOf(error)}`,
      cause: error,
    });
  return error;
}
