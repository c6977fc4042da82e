import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { IsthmusError } from '../../errors/index.ts';
import { decoded, readYaml, UnreadableYaml, wrongType } from './go-yaml.ts';
import type { Section } from './kubeconfig-document.ts';
import { kubeconfigSchema } from './kubeconfig-schema.ts';

/** An entry of a kubeconfig in the file format's own keys, its paths made absolute. */
export interface LoadedEntry {
  readonly name: string;
  readonly content: Readonly<Record<string, unknown>>;
  /** Which file holds it, for messages. */
  readonly file: string;
}

/** What kubeconfig files come to together. Nothing is asked of an entry before somebody uses it. */
export interface LoadedKubeconfig {
  readonly clusters: ReadonlyMap<string, LoadedEntry>;
  readonly users: ReadonlyMap<string, LoadedEntry>;
  readonly contexts: ReadonlyMap<string, LoadedEntry>;
  readonly currentContext: string | undefined;
  /** Where it was read from, for messages. */
  readonly where: string;
}

const sections = ['clusters', 'users', 'contexts'] as const;

type Raw = Readonly<Record<string, unknown>>;

/** One kubeconfig's text. Throws KUBECONFIG_INVALID. Paths are relative to `folder`, if given. */
export function loadText(text: string, file: string, folder?: string): LoadedKubeconfig {
  const config = parsed(text, file);
  const entries = Object.fromEntries(
    sections.map((section) => {
      const found = new Map<string, LoadedEntry>();
      for (const entry of (config[section] ?? []) as (Raw | null)[]) {
        const name = String(entry?.['name'] ?? '');
        if (found.has(name)) throw twice(section, name, file);
        const content = (entry?.[section.slice(0, -1)] ?? {}) as Raw;
        found.set(name, { name, file, content: folder === undefined ? content : absolute(content, folder) });
      }
      return [section, found];
    }),
  ) as Record<Section, Map<string, LoadedEntry>>;
  return { ...entries, currentContext: config['current-context'] || undefined, where: file };
}

function parsed(text: string, file: string) {
  const whole = readable(text, file) ?? {};
  const { success, error, data } = kubeconfigSchema.safeParse(whole);
  if (success) return data;
  const [issue] = error.issues;
  if (!issue) throw invalid(file, 'it cannot be read');
  const place = placeOf(issue.path, whole);
  throw invalid(file, place ? `${place} ${wrongType(issue, whole)}` : 'it is not a map');
}

function readable(text: string, file: string): unknown {
  try {
    return readYaml(text);
  } catch (error) {
    if (error instanceof UnreadableYaml) throw invalid(file, error.message, error.line);
    throw error;
  }
}

/** `users.0.user.token` as `token of user NAME`. */
function placeOf(path: readonly PropertyKey[], whole: unknown): string {
  const [section, index, , ...field] = path;
  const kind = sections.find((one) => one === section)?.slice(0, -1);
  if (kind === undefined || index === undefined) return path.join('.');
  const entry = ((whole as Record<string, unknown[]>)[String(section)] ?? [])[Number(index)];
  const name = (entry as Raw | null | undefined)?.['name'];
  const own =
    typeof name === 'string' ? `${kind} ${name}` : `${kind} ${Number(index) + 1} of ${String(section)}`;
  return field.length > 0 ? `${field.join('.')} of ${own}` : own;
}

function invalid(file: string, reason: string, line?: number): IsthmusError {
  const typed = /where text is wanted$/.test(reason);
  return new IsthmusError('KUBECONFIG_INVALID', `${file} is not a kubeconfig: ${reason}`, {
    hint: typed ? 'put the value in quotes' : 'mend the file, or name another one in KUBECONFIG',
    where: { file, line },
  });
}

/** Files as kubectl merges them: the first to name something wins, whole; an absent or empty one adds nothing. */
export function loadFiles(paths: readonly string[], required: boolean): LoadedKubeconfig {
  const loaded = paths.flatMap((path) => {
    const text = readText(path, required);
    return text === undefined ? [] : [loadOnce(text, path)];
  });
  const merged = (section: Section) => new Map(loaded.toReversed().flatMap((one) => [...one[section]]));
  return {
    clusters: merged('clusters'),
    users: merged('users'),
    contexts: merged('contexts'),
    currentContext: loaded.find(({ currentContext }) => currentContext)?.currentContext,
    where: paths.join(':'),
  };
}

/** What each file said last. A file of every cluster of a mesh is asked for by each of them, several times. */
const lastLoaded = new Map<string, { readonly text: string; readonly loaded: LoadedKubeconfig }>();

/** As {@link loadText}; the same text of the same file is not parsed again. */
function loadOnce(text: string, path: string): LoadedKubeconfig {
  const folder = dirname(resolve(path));
  const key = `${folder}\0${path}`;
  const last = lastLoaded.get(key);
  if (last?.text === text) return last.loaded;
  const loaded = loadText(text, path, folder);
  lastLoaded.set(key, { text, loaded });
  return loaded;
}

function readText(path: string, required: boolean): string | undefined {
  try {
    return decoded(readFileSync(path));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' && !required) return undefined;
    throw new IsthmusError(
      code === 'ENOENT' ? 'CONTEXT_UNKNOWN' : 'KUBECONFIG_INVALID',
      `cannot read kubeconfig ${path}: ${code}`,
      { hint: 'correct the path or set KUBECONFIG' },
    );
  }
}

const twice = (section: Section, name: string, file: string) =>
  new IsthmusError(
    'KUBECONFIG_INVALID',
    `${file} has two ${section} ${name ? `named ${name}` : 'without a name'}`,
    {
      hint: 'give each a name of its own, as kubectl wants it',
      where: { file },
    },
  );

const pathKeys = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile'] as const;

/** Paths are relative to the file that names them; so is a plugin, if it is given by a path. */
function absolute(content: Raw, folder: string): Raw {
  const from = (path: string) => (path.startsWith('/') ? path : join(folder, path));
  const paths = pathKeys.flatMap((key) => {
    const path = content[key];
    return typeof path === 'string' && path !== '' ? [[key, from(path)]] : [];
  });
  const exec = content['exec'] as { command?: unknown } | null | undefined;
  const command = exec?.command;
  const plugin =
    typeof command === 'string' && command.includes('/') ? { exec: { ...exec, command: from(command) } } : {};
  return { ...content, ...Object.fromEntries(paths), ...plugin };
}
