import type { FakeApiServer } from '../api-server.ts';
import type { Place } from '../object-store.ts';
import { matchesFields, matchesLabels } from '../selectors.ts';

/** One page of what a list asks for. */
export function listOf(
  server: FakeApiServer,
  { kind, namespace }: Omit<Place, 'name'>,
  query: URLSearchParams,
): unknown {
  const all = server.store
    .list(kind, namespace)
    .filter((one) => matchesLabels(one, query.get('labelSelector') ?? ''))
    .filter((one) => matchesFields(one, query.get('fieldSelector') ?? ''));
  const from = Number(query.get('continue') ?? 0);
  const to = from + Math.min(Number(query.get('limit') ?? all.length), server.pageSize);
  const items = all.slice(from, to).map(({ apiVersion: _version, kind: _kind, ...rest }) => rest);
  const metadata = to < all.length ? { continue: String(to) } : {};
  return { kind: `${kind.kind}List`, apiVersion: kind.apiVersion, metadata, items };
}
