import type { Kind } from '../kinds.ts';

interface Target {
  readonly kind: Kind;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly below: string | undefined;
}

/** What a path of the API names; undefined without a kind for it. */
export function parsePath(path: string, kinds: readonly Kind[]): Target | undefined {
  const [, core, group, rest = ''] = /^\/(?:api\/(v1)|apis\/([^/]+\/[^/]+))\/(.+)$/.exec(path) ?? [];
  const apiVersion = core ?? group;
  const parts = rest.split('/').map(decodeURIComponent);
  const within =
    parts[0] === 'namespaces' && parts.length > 2 && kinds.some((kind) => kind.plural === parts[2]);
  const [plural, name, below] = within ? parts.slice(2) : parts;
  const kind = kinds.find((one) => one.apiVersion === apiVersion && one.plural === plural);
  return kind && { kind, namespace: within ? parts[1] : undefined, name, below };
}

/** What discovery answers at a path; undefined where it is no path of discovery. */
export function discovery(path: string, all: readonly Kind[]): unknown {
  if (path === '/apis') return { kind: 'APIGroupList', groups: groupsOf(all) };
  const [, version] = /^\/(?:api|apis)\/([^/]+(?:\/[^/]+)?)$/.exec(path) ?? [];
  const kinds = all.filter(({ apiVersion }) => apiVersion === version);
  if (!version || kinds.length === 0) return undefined;
  const resources = kinds.map(({ kind, plural, namespaced }) => ({
    kind,
    name: plural,
    namespaced,
    verbs: ['create', 'delete', 'get', 'list', 'patch', 'update'],
  }));
  return { kind: 'APIResourceList', groupVersion: version, resources };
}

function groupsOf(kinds: readonly Kind[]): object[] {
  const versions = new Map(
    kinds.flatMap(({ apiVersion }) => {
      const [group, version] = apiVersion.split('/');
      return version === undefined ? [] : [[group, apiVersion] as const];
    }),
  );
  return [...versions].map(([name, groupVersion]) => ({ name, preferredVersion: { groupVersion } }));
}
