import { isTelnet } from '../../test/fakes/mesh/pods.ts';
import { addressesOf, nameOf, numbersTo } from './addresses.ts';
import { appOf, services } from './load.ts';

/** What a cluster's proxies hold of certificates, as PEM. */
export interface ProxyTrust {
  readonly chain: string;
  readonly root: string;
}

/** The pods of a thin cluster: what istiod's debug pages, Envoy's admin pages and curl print there. */
export class Answers {
  readonly #cluster: number;
  readonly #all: readonly number[];
  readonly #trust: () => ProxyTrust | undefined;
  /** Large pages are the same all the time. */
  readonly #pages = new Map<string, string>();

  constructor(cluster: number, size: number, trust: () => ProxyTrust | undefined) {
    this.#cluster = cluster;
    this.#all = numbersTo(size);
    this.#trust = trust;
  }

  /** Standard output of a command in a pod; undefined for one that no container has. */
  to(command: readonly string[]): string | undefined {
    const [program = '', ...rest] = command;
    const last = rest.at(-1) ?? '';
    // The first byte of a TLS handshake, as it is or, of each gateway that a script probes, in base64.
    if (isTelnet(command)) return '\u0016';
    if (program === 'sh')
      return [...last.matchAll(/^probe (\d+) /gm)].map(([, at]) => `${at} Fg==\n`).join('');
    if (program === 'curl') return this.#replies(last);
    if (program !== 'pilot-discovery' && program !== 'pilot-agent') return undefined;
    const known = this.#pages.get(last) ?? this.#page(program, last);
    this.#pages.set(last, known);
    return known;
  }

  #page(program: string, path: string): string {
    if (program === 'pilot-agent') return JSON.stringify(this.#envoyPage(path));
    if (path === '/metrics') return 'process_resident_memory_bytes 1e+08\n';
    return JSON.stringify(this.#istiodPage(path));
  }

  #istiodPage(path: string): unknown {
    if (path.startsWith('/debug/clusterz')) {
      return this.#all.map((one) => ({
        id: nameOf(one),
        secretName: one === this.#cluster ? '' : `istio-system/istio-remote-secret-${nameOf(one)}`,
        syncStatus: 'synced',
      }));
    }
    if (path.startsWith('/debug/endpointShardz')) return this.#shards();
    if (path.startsWith('/debug/mesh')) return { serviceSettings: [] };
    return [];
  }

  #shards(): unknown {
    const shardsOf = (addresses: (cluster: number) => readonly string[]) => ({
      Shards: Object.fromEntries(
        this.#all.map((one) => [
          `Kubernetes/${nameOf(one)}`,
          addresses(one).map((address) => ({
            Addresses: [address],
            ServicePortName: 'http',
            EndpointPort: 8080,
          })),
        ]),
      ),
    });
    const hello = { sample: shardsOf((one) => [helloworld(one)]) };
    const apps = Array.from({ length: services }, (_, at) => appOf(at));
    const entries = apps.map(({ name, namespace, addresses }) => [
      hostOf(name, namespace),
      { [namespace]: shardsOf(addresses) },
    ]);
    return Object.fromEntries([[hostOf('helloworld', 'sample'), hello], ...entries]);
  }

  #envoyPage(path: string): unknown {
    if (path.startsWith('clusters')) return { cluster_statuses: this.#endpoints() };
    if (path !== 'config_dump?resource=dynamic_active_secrets') return { configs: [] };
    const inline = (text: string) => ({ inline_bytes: Buffer.from(text).toString('base64') });
    const { chain = '', root = '' } = this.#trust() ?? {};
    const certificate = { tls_certificate: { certificate_chain: inline(chain) } };
    const trusted = { validation_context: { trusted_ca: inline(root) } };
    return {
      configs: [
        { name: 'default', secret: certificate },
        { name: 'ROOTCA', secret: trusted },
      ],
    };
  }

  /** Own endpoints as they are, those of every other network by its gateway. */
  #endpoints(): unknown[] {
    const status = (host: string, port: number, own: readonly string[]) => ({
      name: `outbound|${port}||${host}`,
      host_statuses: this.#all.flatMap((one) => {
        const local = one === this.#cluster;
        const gateway = { address: addressesOf(one).gateway, port: 15443, weight: own.length };
        const found = local ? own.map((address) => ({ address, port, weight: 1 })) : [gateway];
        return found.map(({ address, port: port_value, weight }) => ({
          address: { socket_address: { address, port_value } },
          weight,
          health_status: { eds_health_status: 'HEALTHY' },
          stats: [{ name: 'rq_total', type: 'COUNTER', value: '0' }],
        }));
      }),
    });
    const apps = Array.from({ length: services }, (_, at) => appOf(at));
    return [
      status(hostOf('helloworld', 'sample'), 5000, [helloworld(this.#cluster)]),
      ...apps.map(({ name, namespace, addresses }) =>
        status(hostOf(name, namespace), 8080, addresses(this.#cluster)),
      ),
    ];
  }

  /** Every cluster in turn, as round robin deals. */
  #replies(url: string): string {
    const count = Number(/\[1-(\d+)\]$/.exec(url)?.[1] ?? 0);
    return Array.from({ length: count }, (_, at) => {
      const version = versionOf(this.#all[at % this.#all.length] ?? 0);
      const pod = `helloworld-${version}-6d5f7b9c8-${podSuffix(this.#all[at % this.#all.length] ?? 0)}`;
      return `Hello version: ${version}, instance: ${pod}\n\u001e200 0.002 \n\u001e`;
    }).join('');
  }
}

const hostOf = (name: string, namespace: string) => `${name}.${namespace}.svc.cluster.local`;

/** Every other cluster answers as v1, as isthmus gives its samples. */
const versionOf = (cluster: number) => (cluster % 2 === 1 ? 'v1' : 'v2');

/** Names of pods are random in life, so that each says which cluster it is of. */
export const podSuffix = (cluster: number, at = 0): string => `x${`${cluster}`.padStart(3, '0')}${at}`;

/** As the controllers give helloworld's one pod its address. */
export const helloworld = (cluster: number): string => addressesOf(cluster).pod(40);
