import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { downMesh } from '../../../src/mesh/index.ts';
import { ensureRootAuthority, rootAuthorityFolder } from '../../../src/mesh/root-authority.ts';
import { silentReporter } from '../../../src/report/index.ts';
import { parseTopology, type Topology } from '../../../src/topology/index.ts';
import { type Answer, type FakeApiServer, fakeApiServer, type Seen } from '../kubernetes/fake-api-server.ts';

let folder: string;
let dataHome: string | undefined;
let fake: FakeApiServer;
let answer: (request: Seen) => Answer | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-down-'));
  dataHome = process.env['XDG_DATA_HOME'];
  process.env['XDG_DATA_HOME'] = folder;
  answer = empty;
  fake = await fakeApiServer((request) => answer(request));
  await writeFile(join(folder, 'kubeconfig'), kubeconfig(fake));
});
afterEach(async () => {
  if (dataHome === undefined) delete process.env['XDG_DATA_HOME'];
  else process.env['XDG_DATA_HOME'] = dataHome;
  await fake.close();
  await rm(folder, { recursive: true });
});

/** A cluster that has nothing of isthmus. */
const empty = ({ url }: Seen): Answer | undefined => {
  if (url === '/version') return { body: { gitVersion: 'v1.36.3' } };
  return url.includes('?') ? { body: { items: [] } } : undefined;
};

/** Contexts `alive` and `dead`; nothing listens at the address of the latter. */
function kubeconfig({ connection }: FakeApiServer): string {
  const servers = {
    alive: connection.config.getCurrentCluster()?.server,
    dead: 'http://127.0.0.1:1',
  };
  const names = Object.entries(servers);
  return JSON.stringify({
    clusters: names.map(([name, server]) => ({
      name,
      cluster: { server, 'insecure-skip-tls-verify': true },
    })),
    users: [{ name: 'user', user: { token: 'planted-token' } }],
    contexts: names.map(([name]) => ({ name, context: { cluster: name, user: 'user' } })),
  });
}

function topologyOf(...contexts: readonly string[]): Topology {
  const clusters = contexts.map(
    (context) =>
      `    - {name: ${context}, provider: existing, context: ${context}, kubeconfig: kubeconfig}\n`,
  );
  const head = 'apiVersion: isthmus/v1alpha1\nkind: Mesh\nmetadata: {name: demo}\nspec:\n  clusters:\n';
  return parseTopology(head + clusters.join(''), join(folder, 'mesh.yaml'));
}

const down = (topology: Topology, clusters: readonly string[] = []) =>
  downMesh({ topology, clusters, reporter: silentReporter, signal: new AbortController().signal });

const rootKeyIsThere = (topology: Topology) =>
  access(join(rootAuthorityFolder(topology), 'root-key.pem')).then(
    () => true,
    () => false,
  );

test('a cluster that does not answer is named, is not removed and keeps the root authority', async () => {
  const topology = topologyOf('dead', 'alive');
  await ensureRootAuthority(topology);
  expect(await down(topology)).toMatchObject({
    removed: ['alive'],
    unreachable: [{ cluster: 'dead', code: 'CLUSTER_UNREACHABLE', message: /connection refused/ }],
    leftovers: [],
  });
  expect(await rootKeyIsThere(topology)).toBe(true);
});

test('one that refuses is an error, and keeps the root authority too', async () => {
  const topology = topologyOf('alive');
  await ensureRootAuthority(topology);
  answer = () => ({ status: 403, body: { kind: 'Status', reason: 'Forbidden', message: 'no' } });
  await expect(down(topology)).rejects.toMatchObject({ code: 'API_REFUSED' });
  expect(await rootKeyIsThere(topology)).toBe(true);
});

test('objects that isthmus made and that outlive their list are left over; those it only found are not', async () => {
  const topology = topologyOf('alive');
  await ensureRootAuthority(topology);
  const labels = { 'app.kubernetes.io/managed-by': 'isthmus' };
  const made = { 'isthmus.io/created-by': 'isthmus' };
  answer = (request) => {
    const found = request.url.includes('managed-by%3Disthmus') && request.url.startsWith('/api/v1/services?');
    if (!found) return empty(request);
    const metadata = { namespace: 'istio-system', labels };
    const ours = {
      metadata: { ...metadata, name: 'istiod', annotations: made },
      spec: { type: 'ClusterIP' },
    };
    return { body: { items: [ours, { metadata: { ...metadata, name: 'theirs' } }] } };
  };
  const { leftovers } = await down(topology, ['alive']);
  expect(leftovers).toEqual([{ kind: 'Service', id: 'istio-system/istiod', cluster: 'alive' }]);
  expect(await rootKeyIsThere(topology)).toBe(true);
}, 90_000);

test('once every cluster is known to be clean the root authority goes', async () => {
  const topology = topologyOf('alive');
  await ensureRootAuthority(topology);
  expect(await down(topology)).toEqual({ mesh: 'demo', removed: ['alive'], unreachable: [], leftovers: [] });
  expect(await rootKeyIsThere(topology)).toBe(false);
});

test('a wrong name is refused before anything is asked of any cluster', async () => {
  await expect(down(topologyOf('alive'), ['alive', 'alvie'])).rejects.toMatchObject({
    code: 'FLAGS_INVALID',
    message: 'no cluster named alvie in this mesh',
  });
  expect(fake.seen).toEqual([]);
});
