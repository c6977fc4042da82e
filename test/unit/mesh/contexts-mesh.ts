import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Operation } from '../../../src/mesh/index.ts';
import { silentReporter } from '../../../src/report/index.ts';
import { parseTopology, type Topology } from '../../../src/topology/index.ts';
import { FakeApiServer, type Mode } from '../../fakes/api-server.ts';

/**
 * Meshes of existing clusters in a folder of their own, which also is XDG_DATA_HOME. Contexts are those
 * given, each with an API server in a mode that has nothing of isthmus, and `dead`, at whose address nothing listens.
 */
export class ContextsMesh {
  readonly folder: string;
  readonly servers: Readonly<Record<string, FakeApiServer>>;
  readonly #dataHome = process.env['XDG_DATA_HOME'];

  private constructor(folder: string, servers: Record<string, FakeApiServer>) {
    this.folder = folder;
    this.servers = servers;
    process.env['XDG_DATA_HOME'] = folder;
  }

  static async start(modes: Record<string, Mode>): Promise<ContextsMesh> {
    const folder = await mkdtemp(join(tmpdir(), 'isthmus-mesh-'));
    const started = Object.entries(modes).map(async ([name, mode]) => {
      const server = await FakeApiServer.start();
      server.mode = mode;
      return [name, server] as const;
    });
    const servers = Object.fromEntries(await Promise.all(started));
    await writeFile(join(folder, 'kubeconfig'), kubeconfigOf(servers));
    return new ContextsMesh(folder, servers);
  }

  /** The API server of a context. */
  server(name: string): FakeApiServer {
    const found = this.servers[name];
    if (!found) throw new Error(`no context ${name}`);
    return found;
  }

  async stop(): Promise<void> {
    if (this.#dataHome === undefined) delete process.env['XDG_DATA_HOME'];
    else process.env['XDG_DATA_HOME'] = this.#dataHome;
    await Promise.all(Object.values(this.servers).map((server) => server.close()));
    await rm(this.folder, { recursive: true });
  }

  /** One existing cluster for each context, and one local cluster for each other name. */
  text(contexts: readonly string[], locals: readonly string[] = []): string {
    const clusters = [
      ...contexts.map(
        (name) => `{name: ${name}, provider: existing, context: ${name}, kubeconfig: kubeconfig}`,
      ),
      ...locals.map((name, at) => `{name: ${name}, provider: local, cidr: 10.${at + 1}.0.0/16}`),
    ];
    const head = 'apiVersion: isthmus/v1alpha1\nkind: Mesh\nmetadata: {name: demo}\nspec:\n  clusters:\n';
    return head + clusters.map((cluster) => `    - ${cluster}\n`).join('');
  }

  topology(contexts: readonly string[], locals: readonly string[] = []): Topology {
    return parseTopology(this.text(contexts, locals), join(this.folder, 'mesh.yaml'));
  }

  operation(contexts: readonly string[], locals: readonly string[] = []): Operation {
    const signal = new AbortController().signal;
    return { topology: this.topology(contexts, locals), reporter: silentReporter, signal };
  }
}

function kubeconfigOf(servers: Readonly<Record<string, FakeApiServer>>): string {
  const addresses: Record<string, string> = { dead: 'http://127.0.0.1:1' };
  for (const [name, { connection }] of Object.entries(servers))
    addresses[name] = connection.config.cluster.server ?? '';
  const names = Object.entries(addresses);
  return JSON.stringify({
    clusters: names.map(([name, server]) => ({
      name,
      cluster: { server, 'insecure-skip-tls-verify': true },
    })),
    users: [{ name: 'user', user: { token: 'planted-token' } }],
    contexts: names.map(([name]) => ({ name, context: { cluster: name, user: 'user' } })),
  });
}
