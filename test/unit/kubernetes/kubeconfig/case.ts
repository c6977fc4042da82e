import { writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { vi } from 'vitest';
import { stringify } from 'yaml';
import { askOnce } from './ask-once.ts';
import type { OracleBed, Sight } from './bed.ts';

type Fields = Readonly<Record<string, unknown>>;

interface Sections {
  readonly clusters?: unknown[];
  readonly users?: unknown[];
  readonly contexts?: unknown[];
}

/** Kubeconfigs with `{words}` of the bed; `{server}` with its CA and a token, where nothing else is said. */
export interface Case {
  /** With a token by default, as kubectl asks at the terminal for a name and a password where it has nothing. */
  readonly user?: Fields | null;
  readonly cluster?: Fields;
  readonly context?: Fields;
  /** More files, by name, in the order of KUBECONFIG before or after the one that is asked for. */
  readonly before?: string | Fields;
  readonly after?: string | Fields;
  /** More entries, before those that are asked for. */
  readonly ahead?: Sections;
  /** More entries, behind those. */
  readonly also?: Sections;
  /** More fields of the main file itself. */
  readonly file?: Fields;
  /** Its text, made of the document. */
  readonly text?: (document: Fields) => string;
  readonly encode?: (text: string) => Buffer;
  /** Where the main file is, below the bed's folder. */
  readonly at?: string;
  /** KUBECONFIG, made of the list of the files. */
  readonly list?: (list: string) => string;
  readonly env?: Readonly<Record<string, string>>;
  /** `x` by default; null is the current one. */
  readonly use?: string | null;
}

export interface Outcome {
  readonly sight: Sight | undefined;
  readonly proxied: readonly string[];
  readonly error: unknown;
}

const proxySettings = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY'].flatMap((name) => [
  name,
  name.toLowerCase(),
]);

/** What comes of the same files with kubectl, and with isthmus. */
export async function both(bed: OracleBed, kubectl: string, one: Case): Promise<[Outcome, Outcome]> {
  const context = one.use === null ? undefined : (one.use ?? 'x');
  const env = await prepared(bed, one);
  const args = [
    ...(context ? ['--context', context] : []),
    'get',
    '--raw',
    '/version',
    '--request-timeout=5s',
  ];
  // Go collects garbage several times while kubectl starts, a quarter of what it takes.
  const theirEnv = { ...env, GOGC: 'off' };
  const options = { env: theirEnv, extendEnv: false, stdin: 'ignore', cwd: bed.folder } as const;
  const theirs = await outcomeOf(bed, () => execa(kubectl, args, options));
  const back = process.cwd();
  await prepared(bed, one);
  process.chdir(bed.folder);
  try {
    for (const name of proxySettings) vi.stubEnv(name, undefined);
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    return [theirs, await outcomeOf(bed, () => askOnce(context))];
  } finally {
    process.chdir(back);
    vi.unstubAllEnvs();
  }
}

export async function outcomeOf(bed: OracleBed, act: () => PromiseLike<unknown>): Promise<Outcome> {
  bed.take();
  try {
    await act();
    return { ...bed.take(), error: undefined };
  } catch (error) {
    return { ...bed.take(), error };
  }
}

const terminal = fileURLToPath(new URL('../../../fakes/terminal.py', import.meta.url));
const main = fileURLToPath(new URL('ask-once-main.ts', import.meta.url));

/**
 * As {@link both}, each in a process of its own on a terminal of its own.
 * @param answers what is waited for on the screen, and what is typed then
 */
export async function bothOnTerminals(
  bed: OracleBed,
  { kubectl, answers }: { readonly kubectl: string; readonly answers: readonly [string, string][] },
  one: Case,
): Promise<[Outcome, Outcome]> {
  const env = await prepared(bed, one);
  const options = { env, extendEnv: false, cwd: bed.folder, timeout: 50_000 } as const;
  const shown = (program: readonly string[]) => () =>
    execa('python3', [terminal, JSON.stringify(answers), ...program], options);
  const asKubectl = [kubectl, '--context', 'x', 'get', '--raw', '/version', '--request-timeout=5s'];
  const theirs = await outcomeOf(bed, shown(asKubectl));
  const ours = [process.execPath, '--import', import.meta.resolve('tsx'), main, 'x'];
  return [theirs, await outcomeOf(bed, shown(ours))];
}

/** The environment in which the case's files are read, once they are written. */
export async function prepared(bed: OracleBed, one: Case): Promise<Record<string, string>> {
  const { folder } = bed;
  const main = one.at ?? 'main';
  const files = { before: one.before, [main]: textOf(bed, one), after: one.after };
  const written = Object.entries(files).filter(([, content]) => content !== undefined);
  for (const [name, content] of written)
    await writeFile(join(folder, name), Buffer.isBuffer(content) ? content : textFor(bed, content));
  const list = written.map(([name]) => join(folder, name)).join(delimiter);
  const own = Object.entries(one.env ?? {}).map(([name, value]) => [name, filled(bed, value)]);
  const given = {
    HOME: folder,
    PATH: `${join(folder, 'bin')}:${process.env['PATH']}`,
    KUBECONFIG: filled(bed, one.list?.(list) ?? list),
  };
  return { ...given, ...Object.fromEntries(own) };
}

const textFor = (bed: OracleBed, content: unknown): string =>
  filled(bed, typeof content === 'string' ? content : stringify(content));

const filled = ({ words }: OracleBed, text: string): string =>
  text.replace(/\{(\w+)\}/g, (whole, word: string) => words[word] ?? whole);

function textOf(bed: OracleBed, one: Case): string | Buffer {
  const { user, cluster, ahead, also, context, file, text, encode } = one;
  const made = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      ...(ahead?.clusters ?? []),
      { name: 'c', cluster: { server: '{server}', 'certificate-authority': '{folder}/ca', ...cluster } },
      ...(also?.clusters ?? []),
    ],
    users: [
      ...(ahead?.users ?? []),
      { name: 'u', user: user === undefined ? { token: 't' } : user },
      ...(also?.users ?? []),
    ],
    contexts: [
      ...(ahead?.contexts ?? []),
      { name: 'x', context: context ?? { cluster: 'c', user: 'u' } },
      ...(also?.contexts ?? []),
    ],
    ...file,
  };
  const printed = filled(bed, text?.(made) ?? stringify(made));
  return encode?.(printed) ?? printed;
}
