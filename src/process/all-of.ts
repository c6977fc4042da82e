import { type ErrorCode, IsthmusError, isIsthmusError, messageOf } from '../errors/index.ts';

export interface AllOfOptions {
  /** What each piece of work is about, in the order of the work; put before what it says if it fails. */
  readonly names?: readonly string[];
  /** The plural of what is worked on, for the message: `2 clusters failed`. */
  readonly things?: string;
  /** Codes of a failure that explains all others, the first of them first; it is thrown as it is. */
  readonly decisive?: readonly ErrorCode[];
}

interface Failure {
  readonly name: string | undefined;
  readonly error: unknown;
}

/**
 * `Promise.all` for work that changes something: waits until every piece has ended, also after a
 * failure, so that nothing goes on behind the caller's back. One failure is thrown as it is;
 * several become one error with a problem for each and the code of the first, or INTERRUPTED if
 * any was interrupted, as then that is why the others ended too.
 */
export async function allOf<const T extends readonly unknown[]>(
  work: T,
  options: AllOfOptions = {},
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const settled = await Promise.allSettled(work);
  const failures = settled.flatMap((result, at) =>
    result.status === 'rejected'
      ? [{ name: options.names?.[at], error: result.reason as unknown } satisfies Failure]
      : [],
  );
  if (failures.length > 0) throw combined(failures, options);
  const values = settled.map((result) => (result.status === 'fulfilled' ? result.value : undefined));
  return values as { -readonly [K in keyof T]: Awaited<T[K]> };
}

function combined(failures: readonly Failure[], { things = 'tasks', decisive = [] }: AllOfOptions): unknown {
  const errors = failures.map(({ error }) => error);
  if (errors.length === 1) return errors[0];
  const known = errors.filter(isIsthmusError);
  const explaining = decisive.flatMap((code) => known.find((error) => error.code === code) ?? []);
  if (explaining.length > 0) return explaining[0];
  const chief = known.find(({ code }) => code === 'INTERRUPTED') ?? errors[0];
  return new IsthmusError(isIsthmusError(chief) ? chief.code : 'BUG', `${failures.length} ${things} failed`, {
    cause: chief,
    hint: isIsthmusError(chief) ? chief.hint : undefined,
    packages: [...new Set(known.flatMap(({ packages }) => packages))],
    problems: failures.flatMap(problemsOf),
  });
}

/** What a failure says, and the problems that it consists of. */
function problemsOf({ name, error }: Failure): IsthmusError['problems'] {
  const own = { message: labelled(name, messageOf(error)) };
  if (!isIsthmusError(error)) return [own];
  const { hint, where } = error;
  const parts = error.problems.map((problem) => ({ ...problem, message: labelled(name, problem.message) }));
  return [{ ...own, ...(hint ? { hint } : {}), ...(where ? { where } : {}) }, ...parts];
}

const labelled = (name: string | undefined, message: string): string =>
  name === undefined ? message : `${name}: ${message}`;
