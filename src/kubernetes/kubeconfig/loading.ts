import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { IsthmusError } from '../../errors/index.ts';
import { contentOf, entriesOf, parseKubeconfig, type Section } from './kubeconfig-document.ts';

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

/** One kubeconfig's text. Throws KUBECONFIG_INVALID. Paths are relative to `folder`, if given. */
export function loadText(text: string, file: string, folder?: string): LoadedKubeconfig {
  const document = parseKubeconfig(text, file);
  const entries = Object.fromEntries(
    sections.map((section) => {
      const found = new Map<string, LoadedEntry>();
      for (const entry of entriesOf(document, section)) {
        const name = String(entry.get('name') ?? '');
        if (found.has(name)) throw twice(section, name, file);
        const content = contentOf(document, section, entry);
        found.set(name, { name, file, content: folder === undefined ? content : absolute(content, folder) });
      }
      return [section, found];
    }),
  ) as Record<Section, Map<string, LoadedEntry>>;
  const current = document.get('current-context');
  return { ...entries, currentContext: current ? String(current) : undefined, where: file };
}

/** Files as kubectl merges them: the first to name something wins, whole; an absent or empty one adds nothing. */
export function loadFiles(paths: readonly string[], required: boolean): LoadedKubeconfig {
  const loaded = paths.flatMap((path) => {
    const text = readText(path, required);
    return text === undefined ? [] : [loadText(text, path, dirname(path))];
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

function readText(path: string, required: boolean): string | undefined {
  try {
    return readFileSync(path, 'utf8');
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
  new IsthmusError('KUBECONFIG_INVALID', `${file} has two ${section} named ${name}`, {
    hint: 'give each a name of its own, as kubectl wants it',
    where: { file },
  });

const pathKeys = ['certificate-authority', 'client-certificate', 'client-key', 'tokenFile'] as const;

/** Paths are relative to the file that names them; so is a plugin, if it is given by a path. */
function absolute(content: Record<string, unknown>, folder: string): Record<string, unknown> {
  const from = (path: string) => (isAbsolute(path) ? path : join(folder, path));
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
