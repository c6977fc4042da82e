import { type ChildProcess, spawn } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { openSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import pLimit from 'p-limit';
import { createRoot, generateKeyPair, issueLeaf } from '../../src/pki/index.ts';
import { NotReady, waitUntil } from '../../src/process/index.ts';
import { addressesOf, apiPort, nameOf } from './addresses.ts';
import { ThinApi } from './api.ts';

/** API servers start with a burst of work: more at once would starve each other. */
const startsAtOnce = 3;
const etcdClients = 'http://127.0.0.1:2379';

export interface Tls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** One etcd, and an API server for each cluster with a part of it; nothing else of Kubernetes. */
export class ThinServers {
  readonly apis: readonly ThinApi[];
  readonly tls: Tls;
  readonly #processes: readonly ChildProcess[];

  private constructor(apis: readonly ThinApi[], tls: Tls, processes: readonly ChildProcess[]) {
    this.apis = apis;
    this.tls = tls;
    this.#processes = processes;
  }

  /** In a network namespace in which the addresses are free. `bin` is the toolchain's. */
  static async start(size: number, folder: string, bin: string): Promise<ThinServers> {
    const numbers = Array.from({ length: size }, (_, at) => at + 1);
    await addAddresses(numbers);
    const tls = await certificates(folder, numbers);
    const processes = [program(folder, 'etcd', [join(bin, 'etcd'), ...etcdOptions(folder)])];
    const limit = pLimit(startsAtOnce);
    const apis = await Promise.all(
      numbers.map((number) =>
        limit(async () => {
          const options = apiServerOptions(folder, number);
          const server = program(folder, nameOf(number), [join(bin, 'kube-apiserver'), ...options]);
          processes.push(server);
          const api = new ThinApi(addressesOf(number).node, apiPort, tls);
          await untilReady(api, { name: nameOf(number), server, folder });
          return api;
        }),
      ),
    );
    return new ThinServers(apis, tls, processes);
  }

  stop(): void {
    for (const api of this.apis) api.close();
    for (const one of this.#processes) one.kill('SIGKILL');
  }
}

async function addAddresses(numbers: readonly number[]): Promise<void> {
  await execa('ip', ['link', 'set', 'lo', 'up']);
  const all = numbers.flatMap((number) => {
    const { node, istiod } = addressesOf(number);
    return [node, istiod];
  });
  const batch = all.map((address) => `addr add ${address}/32 dev lo\n`).join('');
  await execa('ip', ['-batch', '-'], { input: batch });
}

async function certificates(folder: string, numbers: readonly number[]): Promise<Tls> {
  const issuer = await createRoot({ subject: 'thin clusters', algorithm: 'ecdsa-p256', years: 1 });
  const server = await issueLeaf({
    issuer,
    commonName: 'kube-apiserver',
    ipAddresses: numbers.map((number) => addressesOf(number).node),
    usages: ['server'],
    days: 1,
  });
  const client = { issuer, organizations: ['system:masters'], usages: ['client'] as const, days: 1 };
  const admin = await issueLeaf({ ...client, commonName: 'admin' });
  const account = await generateKeyPair('ecdsa-p256');
  const files = {
    'ca.crt': issuer.certificatePem,
    'server.crt': server.certificatePem,
    'server.key': server.keyPem,
    'account.key': account.privateKeyPem,
    'account.pub': createPublicKey(account.privateKeyPem).export({ type: 'spki', format: 'pem' }).toString(),
  };
  await Promise.all(
    Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text, { mode: 0o600 })),
  );
  return { ca: issuer.certificatePem, cert: admin.certificatePem, key: admin.keyPem };
}

const flags = (values: Readonly<Record<string, string>>): string[] =>
  Object.entries(values).map(([name, value]) => `--${name}=${value}`);

const etcdOptions = (folder: string): string[] =>
  flags({
    'data-dir': join(folder, 'etcd'),
    'listen-client-urls': etcdClients,
    'advertise-client-urls': etcdClients,
    'listen-peer-urls': 'http://127.0.0.1:2380',
    'unsafe-no-fsync': 'true',
    'quota-backend-bytes': `${8 * 1024 ** 3}`,
    'log-level': 'warn',
  });

function apiServerOptions(folder: string, number: number): string[] {
  const { node } = addressesOf(number);
  const file = (name: string) => join(folder, name);
  return flags({
    'etcd-servers': etcdClients,
    'etcd-prefix': `/${nameOf(number)}`,
    'etcd-compaction-interval': '0',
    'bind-address': node,
    'advertise-address': node,
    'secure-port': `${apiPort}`,
    'tls-cert-file': file('server.crt'),
    'tls-private-key-file': file('server.key'),
    'client-ca-file': file('ca.crt'),
    'service-account-issuer': `https://${nameOf(number)}.thin`,
    'service-account-key-file': file('account.pub'),
    'service-account-signing-key-file': file('account.key'),
    'service-cluster-ip-range': '172.20.0.0/16',
    'kubelet-preferred-address-types': 'InternalIP',
    'authorization-mode': 'RBAC',
    // No controller makes accounts for pods here.
    'disable-admission-plugins': 'ServiceAccount',
    // Webhooks are called at their endpoints, as nothing forwards a Service's address.
    'enable-aggregator-routing': 'true',
    'endpoint-reconciler-type': 'none',
    'allow-privileged': 'true',
    profiling: 'false',
  });
}

function program(folder: string, name: string, [path, ...options]: [string, ...string[]]): ChildProcess {
  const log = openSync(join(folder, `${name}.log`), 'a');
  return spawn(path, options, { stdio: ['ignore', log, log], cwd: folder });
}

async function untilReady(
  api: ThinApi,
  { name, server, folder }: { name: string; server: ChildProcess; folder: string },
): Promise<void> {
  const { signal } = new AbortController();
  const what = `the API server of ${name}`;
  await waitUntil({ what, timeoutMs: 180_000, delayMs: 300, signal }, async () => {
    if (server.exitCode !== null)
      throw new Error(`${what} ended: ${(await readFile(join(folder, `${name}.log`), 'utf8')).slice(-2000)}`);
    try {
      await api.send('GET', '/readyz');
    } catch (cause) {
      throw new NotReady(`${cause}`);
    }
  });
}
