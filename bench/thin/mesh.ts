import { readFile, writeFile } from 'node:fs/promises';
import type { Server } from 'node:https';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import pLimit from 'p-limit';
import { parseAllDocuments } from 'yaml';
import { established } from '../../src/kubernetes/apply/definitions.ts';
import { authorityIn, createRoot, issueLeaf } from '../../src/pki/index.ts';
import { NotReady, waitUntil } from '../../src/process/index.ts';
import { isthmus, measure, type Where } from '../isthmus.ts';
import { step, tell } from '../progress.ts';
import { addressesOf, apiPort, nameOf, networkOf, numbersTo, subnetOf } from './addresses.ts';
import { Answers, type ProxyTrust } from './answers.ts';
import type { ThinApi, ThinObject } from './api.ts';
import { addNode, openWebhooks, settle } from './controllers.ts';
import { addLoad, verifyLoad } from './load.ts';
import { serveKubelet, serveWebhooks } from './node.ts';
import { ThinServers, type Tls } from './servers.ts';

/** Clusters that are looked after at a time, so that the bench leaves the processor to what it measures. */
const atOnce = 4;
const betweenLooksMs = 500;

/** A mesh over thin clusters: real API servers, with the bench in place of controllers, kubelet and istiod. */
export class ThinMesh {
  readonly where: Where;
  readonly apis: readonly ThinApi[];
  readonly #servers: ThinServers;
  readonly #listening: Server[] = [];
  readonly #trust: ProxyTrust[] = [];
  /** Clusters whose mesh runs: every look at one takes of the processor what up needs. */
  readonly #settled = new Set<number>();
  readonly #limit = pLimit(atOnce);

  private constructor(servers: ThinServers, where: Where) {
    this.#servers = servers;
    this.apis = servers.apis;
    this.where = where;
  }

  /** API servers with what users have in them; no mesh yet. In a network namespace of its own. */
  static async start(size: number, folder: string, bin: string): Promise<ThinMesh> {
    const definitions = await definitionsOf(folder);
    const servers = await ThinServers.start(size, { folder, bin }, async (api) => {
      await addLoad(api, 1);
      await addDefinitions(api, definitions);
    });
    const file = join(folder, 'mesh.yaml');
    const kubeconfig = join(folder, 'kubeconfig');
    await writeFile(kubeconfig, kubeconfigOf(size, servers.tls), { mode: 0o600 });
    const env = { XDG_DATA_HOME: join(folder, 'data'), KUBECONFIG: kubeconfig };
    const mesh = new ThinMesh(servers, { file, env });
    await mesh.#each(addNode);
    await mesh.#each(verifyLoad);
    await mesh.#serveKubelets(size);
    return mesh;
  }

  async #serveKubelets(size: number): Promise<void> {
    const issuer = await createRoot({ subject: 'kubelets', algorithm: 'ecdsa-p256', years: 1 });
    const leaf = await issueLeaf({ issuer, commonName: 'kubelet', usages: ['server'], days: 1 });
    const certificate = { cert: leaf.certificatePem, key: leaf.keyPem };
    for (let cluster = 1; cluster <= size; cluster += 1) {
      const answers = new Answers(cluster, size, () => this.#trust[cluster]);
      this.#listening.push(await serveKubelet(cluster, certificate, answers));
    }
  }

  /**
   * Build the mesh, which is no part of any figure: two cores are few for so many API servers that learn new
   * kinds at once, so that one may be silent for longer than `up` waits. What up made stays, and it goes on.
   */
  async build(attempts = 3): Promise<void> {
    const { file } = this.where;
    await writeFile(file, meshFile(this.apis.length, ', adopt: true'));
    try {
      await step(`up of ${this.apis.length} thin clusters`, () =>
        this.during(() => measure(this.where, ['up', '--no-check'])),
      );
    } catch (error) {
      if (attempts <= 1) throw error;
      tell(`${error instanceof Error ? error.message : error}\nonce more`);
      await this.build(attempts - 1);
    }
    // A Service that came last has its endpoints as well before anything is measured.
    this.#settled.clear();
    await this.#each((api, cluster) => this.#look(api, cluster));
    await writeFile(file, meshFile(this.apis.length));
  }

  /** Do what controllers, kubelets and istiods do until `work` is over; throws what they last could not do. */
  private async during<T>(work: () => Promise<T>): Promise<T> {
    let over = false;
    let last: unknown;
    const looking = (async () => {
      while (!over) {
        try {
          await this.#each((api, cluster) => this.#look(api, cluster));
          last = undefined;
        } catch (error) {
          // What is not there yet will be at the next look.
          last = error;
        }
        await after(betweenLooksMs);
      }
    })();
    try {
      return await work();
    } catch (error) {
      throw last === undefined ? error : new AggregateError([error, last], `${error}\n${last}`);
    } finally {
      over = true;
      await looking;
    }
  }

  async #look(api: ThinApi, cluster: number): Promise<void> {
    if (this.#settled.has(cluster)) return;
    if (!this.#trust[cluster]) await this.#beIstiod(api, cluster);
    const trust = this.#trust[cluster];
    if (trust && (await settle(api, cluster, trust.root))) this.#settled.add(cluster);
  }

  async #beIstiod(api: ThinApi, cluster: number): Promise<void> {
    const text = await api.send('GET', '/api/v1/namespaces/istio-system/secrets/cacerts', { allowed: [404] });
    const { data } = JSON.parse(text) as { data?: Record<string, string> };
    const hooks = await api.list('/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations');
    if (!data || hooks.length === 0) return;
    const decoded = Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
    );
    const root = decoded['root-cert.pem'] ?? '';
    const issuer = authorityIn(decoded);
    const signed = (more: object) =>
      issueLeaf({ issuer, commonName: '', usages: ['server', 'client'], days: 1, ...more });
    const own = await signed({ dnsNames: ['istiod.istio-system.svc'] });
    const proxy = await signed({ uris: ['spiffe://cluster.local/ns/sample/sa/sleep'] });
    const certificate = { cert: own.certificatePem + own.chainPem, key: own.keyPem };
    await openWebhooks(api, root);
    this.#listening.push(await serveWebhooks(cluster, certificate));
    this.#trust[cluster] = { chain: proxy.certificatePem + proxy.chainPem, root };
  }

  async #each(work: (api: ThinApi, cluster: number) => Promise<void>): Promise<void> {
    await Promise.all(this.apis.map((api, at) => this.#limit(() => work(api, at + 1))));
  }

  /** Take every cluster's access to every other away. */
  forgetRemoteSecrets(): Promise<void> {
    const path = '/api/v1/namespaces/istio-system/secrets?labelSelector=istio/multiCluster%3Dtrue';
    return this.#each(async (api) => {
      await api.send('DELETE', path);
    });
  }

  /** Each API server's metrics. */
  metrics = (): Promise<string[]> => Promise.all(this.apis.map((api) => api.send('GET', '/metrics')));

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#listening) server.close();
    for (const server of this.#listening) server.closeAllConnections();
    this.#servers.stop();
  }
}

const definitionPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/**
 * The kinds that the mesh brings, until they are established: an API server that starts with one that is not
 * would wait for another to do it. Each costs an API server that runs seconds of CPU, and up would write them
 * in all clusters at once, for which two cores are not enough.
 */
async function addDefinitions(api: ThinApi, definitions: readonly ThinObject[]): Promise<void> {
  for (const one of definitions) await api.apply(definitionPath, one);
  const { signal } = new AbortController();
  await waitUntil({ what: 'the kinds of the mesh', timeoutMs: 60_000, delayMs: 200, signal }, async () => {
    const missing = (await api.list(definitionPath)).filter((one) => !established(one));
    if (missing.length > 0) throw new NotReady(`${missing[0]?.metadata?.name} is not established`);
  });
}

async function definitionsOf(folder: string): Promise<ThinObject[]> {
  const [file, rendered] = [join(folder, 'one.yaml'), join(folder, 'rendered')];
  await writeFile(file, meshFile(1));
  await isthmus({ file, env: {} }, 'render', '-d', rendered);
  const text = await readFile(join(rendered, nameOf(1), '1-foundation.yaml'), 'utf8');
  const objects = parseAllDocuments(text).map((one) => one.toJS() as ThinObject);
  const found = objects.filter((one) => one?.kind === 'CustomResourceDefinition');
  if (found.length === 0) throw new Error(`no definitions are in ${rendered}`);
  return found;
}

/** With definitions that the bench wrote, and so are another's, until up has taken them over. */
function meshFile(size: number, more = ''): string {
  const entries = numbersTo(size).map(
    (one) =>
      `    - {name: ${nameOf(one)}, provider: existing, context: ${nameOf(one)}, network: ${networkOf(one)}, cidr: ${subnetOf(one)}0.0/16, size: small${more}}`,
  );
  return `apiVersion: isthmus/v1alpha1\nkind: Mesh\nmetadata: {name: thin}\nspec:\n  clusters:\n${entries.join('\n')}\n`;
}

function kubeconfigOf(size: number, { ca, cert, key }: Tls): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const names = numbersTo(size);
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: names.map((one) => ({
      name: nameOf(one),
      cluster: {
        server: `https://${addressesOf(one).node}:${apiPort}`,
        'certificate-authority-data': base64(ca),
      },
    })),
    users: [
      { name: 'admin', user: { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) } },
    ],
    contexts: names.map((one) => ({ name: nameOf(one), context: { cluster: nameOf(one), user: 'admin' } })),
  });
}
