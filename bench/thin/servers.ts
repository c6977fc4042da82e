import { type ChildProcess, spawn } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { openSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import pLimit from 'p-limit';
import { fewUsers } from '../../src/local/node/node-processes.ts';
import { createRoot, generateKeyPair, issueLeaf } from '../../src/pki/index.ts';
import { NotReady, waitUntil } from '../../src/process/index.ts';
import { step } from '../progress.ts';
import { addressesOf, apiPort, nameOf, numbersTo } from './addresses.ts';
import { ThinApi } from './api.ts';
import { etcdClients, operationsAtOnce, partOf, prefixOf, requestBytes, takeOver } from './etcd.ts';
import { asOf } from './likeness.ts';

/** API servers start with a burst of work: more at once would starve each other. */
const startsAtOnce = 3;

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

  /**
   * In a network namespace in which the addresses are free. The first cluster is filled by requests, and
   * what its API server stored is what the others start with: by requests to each they would learn the
   * same, and its kinds one by one, for minutes.
   */
  static async start(
    size: number,
    where: Where,
    fill: (api: ThinApi) => Promise<void>,
  ): Promise<ThinServers> {
    const numbers = numbersTo(size);
    const others = numbers.slice(1);
    await addAddresses(numbers);
    const tls = await certificates(where.folder, numbers);
    const processes = [
      program(where.folder, 'etcd', [join(where.bin, 'etcd'), ...etcdOptions(where.folder)]),
    ];
    const begin = (number: number) => startApi(number, { ...where, tls, processes });
    const first = await step('the first API server', () => begin(1));
    await step('what it holds', () => fill(first));
    await step(`the same for ${others.length} others`, () => copyTo(others));
    const limit = pLimit(startsAtOnce);
    const rest = await step(`${others.length} more API servers`, () =>
      Promise.all(others.map((number) => limit(() => begin(number)))),
    );
    return new ThinServers([first, ...rest], tls, processes);
  }

  stop(): void {
    for (const api of this.apis) api.close();
    for (const one of this.#processes) one.kill('SIGKILL');
  }
}

interface Where {
  readonly folder: string;
  /** The toolchain's programs. */
  readonly bin: string;
}

async function startApi(
  number: number,
  { folder, bin, tls, processes }: Where & { tls: Tls; processes: ChildProcess[] },
): Promise<ThinApi> {
  const options = apiServerOptions(folder, number);
  const server = program(folder, nameOf(number), [join(bin, 'kube-apiserver'), ...options]);
  processes.push(server);
  const api = new ThinApi(addressesOf(number).node, apiPort, tls);
  await untilReady(api, { name: nameOf(number), server, folder });
  return api;
}

async function copyTo(others: readonly number[]): Promise<void> {
  const part = await partOf(1);
  for (const to of others) await takeOver(part, { from: 1, to, change: asOf(to, 1) });
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
    'max-txn-ops': `${operationsAtOnce}`,
    'max-request-bytes': `${requestBytes}`,
    'quota-backend-bytes': `${8 * 1024 ** 3}`,
    'log-level': 'warn',
  });

function apiServerOptions(folder: string, number: number): string[] {
  const { node } = addressesOf(number);
  const file = (name: string) => join(folder, name);
  return flags({
    'etcd-servers': etcdClients,
    'etcd-prefix': prefixOf(number),
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
    // As those of local clusters: fifty that are idle would otherwise take both of two processors.
    ...fewUsers,
    profiling: 'false',
  });
}

function program(folder: string, name: string, [path, ...options]: [string, ...string[]]): ChildProcess {
  const log = openSync(join(folder, `${name}.log`), 'a');
  // On one thread each: there are far fewer processors than programs.
  const env = { ...process.env, GOMAXPROCS: '1' };
  return spawn(path, options, { stdio: ['ignore', log, log], cwd: folder, env });
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
