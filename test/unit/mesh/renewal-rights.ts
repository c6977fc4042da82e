import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import type { Seen } from '../../fakes/api-server/messages.ts';

const page = fileURLToPath(new URL('../../../docs/renewal.md', import.meta.url));

/** The fenced blocks of docs/renewal.md in a language. */
export async function blocksOfPage(language: string): Promise<string[]> {
  const text = await readFile(page, 'utf8');
  const blocks = text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm);
  return [...blocks].flatMap(([, named, block = '']) => (named === language ? [block] : []));
}

export interface PageObject {
  readonly kind?: string;
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
  readonly rules?: readonly {
    readonly resources: readonly string[];
    readonly resourceNames?: readonly string[];
    readonly verbs: readonly string[];
  }[];
}

/** Every YAML document of the page. Throws for one that is not valid. */
export async function objectsOfPage(): Promise<PageObject[]> {
  const blocks = await blocksOfPage('yaml');
  return blocks.flatMap((block) =>
    parseAllDocuments(block).map((document) => {
      if (document.errors.length > 0) throw document.errors[0];
      return document.toJS() as PageObject;
    }),
  );
}

/** What the page's roles allow: `verb resource`, with `/name` where only objects of a name are allowed. */
export async function grantsOfPage(): Promise<Set<string>> {
  const rules = (await objectsOfPage()).flatMap((object) => object.rules ?? []);
  const grants = rules.flatMap(({ resources, resourceNames = [''], verbs }) =>
    verbs.flatMap((verb) =>
      resources.flatMap((resource) =>
        resourceNames.map((name) => `${verb} ${resource}${name ? ` ${name}` : ''}`),
      ),
    ),
  );
  return new Set(grants);
}

/** Resources whose rule on the page names objects. */
const named = new Set(['configmaps', 'serviceaccounts/token', 'leases']);
const verbs: Readonly<Record<string, string>> = { POST: 'create', PATCH: 'patch', DELETE: 'delete' };

/** What a request needs a right for, as RBAC has it; nothing for what every account may. */
export function requestOf({ method, url }: Seen): string[] {
  const { pathname } = new URL(url, 'http://fake');
  const found = /^\/apis?\/(?:[^/]+\/)?v1\/(?:namespaces\/[^/]+\/)?([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(
    pathname,
  );
  const [, plural, name, subresource] = found ?? [];
  if (!plural || plural.startsWith('selfsubject')) return [];
  const resource = subresource ? `${plural}/${subresource}` : plural;
  const verb = verbs[method] ?? (name ? 'get' : 'list');
  // What is created has no name yet.
  const right = `${verb} ${resource}${named.has(resource) && name ? ` ${name}` : ''}`;
  // Server-side apply creates what is not there, for which the API server wants both rights.
  return verb === 'patch' && resource !== 'leases' ? [right, `create ${resource}`] : [right];
}
