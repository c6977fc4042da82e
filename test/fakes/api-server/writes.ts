import type { KubeObject } from '../../../src/kubernetes/index.ts';
import type { FakeApiServer } from '../api-server.ts';
import { type Place, Refused } from '../object-store.ts';
import type { Seen } from './messages.ts';

/** Carry out a write, or say what it would be, and remember what changed something. */
export function write(
  server: FakeApiServer,
  { method, headers }: Seen,
  { url, place, body, below }: { url: URL; place: Place; body: KubeObject; below: string | undefined },
): KubeObject {
  const query = url.searchParams;
  const writing = {
    manager: query.get('fieldManager') ?? 'unknown',
    dryRun: query.get('dryRun') === 'All',
  };
  const applies = method === 'PATCH' && headers['content-type']?.startsWith('application/apply-patch');
  const verb = applies ? 'apply' : ({ POST: 'create', DELETE: 'remove' }[method] ?? 'update');
  const what = `${verb} ${place.kind.kind}/${place.name}`;
  refuseWrite(server, what, place);
  const before = server.store.find(place);
  const after = carryOut(
    server,
    { method, applies, force: query.get('force') === 'true' },
    { place, body, writing, below },
  );
  const same = before?.metadata?.resourceVersion === after.metadata?.resourceVersion && verb !== 'remove';
  if (!writing.dryRun && !same) server.writes.push(what);
  if (!writing.dryRun && verb !== 'remove') controlTokens(server, place);
  return after;
}

/** The token controller: each Secret of the type gets a token that lives as long as the Secret. */
function controlTokens(server: FakeApiServer, place: Place): void {
  const secret = server.store.find(place);
  if (secret?.['type'] !== 'kubernetes.io/service-account-token') return;
  const { data } = secret as { data?: { token?: string } };
  if (data?.token) return;
  const token = server.tokens.issueLasting({ name: place.name, uid: secret.metadata?.uid ?? '' });
  const written = { data: { token: Buffer.from(token).toString('base64') } };
  server.store.merge(place, written, { manager: 'kube-controller-manager', dryRun: false });
}

function refuseWrite(server: FakeApiServer, what: string, { kind, namespace }: Place): void {
  try {
    server.refuse(what);
  } catch (error) {
    throw error instanceof Refused ? error : new Refused(403, 'Forbidden', String(error));
  }
  const home = {
    kind: server.store.kindOf('v1', 'Namespace'),
    namespace: undefined,
    name: namespace ?? 'default',
  };
  if (kind.namespaced && !what.startsWith('remove ') && !server.store.find(home))
    throw new Refused(404, 'NotFound', `namespaces "${namespace}" not found`);
}

function carryOut(
  server: FakeApiServer,
  { method, applies, force }: { method: string; applies: boolean | undefined; force: boolean },
  {
    place,
    body,
    writing,
    below,
  }: {
    place: Place;
    body: KubeObject;
    writing: { manager: string; dryRun: boolean };
    below: string | undefined;
  },
): KubeObject {
  if (method === 'DELETE') {
    const { preconditions = {} } = body as { preconditions?: { resourceVersion?: string } };
    return server.store.remove(place, preconditions.resourceVersion);
  }
  if (method === 'POST') return server.store.create(place, server.admit(body), writing);
  if (method === 'PUT') return server.store.replace(place, server.admit(body), writing);
  if (applies) return server.store.apply(place, server.admit(body), { ...writing, force });
  const patch = below === 'scale' ? { spec: body['spec'] } : body;
  return server.store.merge(place, patch, writing);
}
