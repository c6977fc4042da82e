import type { KubeObject } from '../../../src/kubernetes/index.ts';
import { type ClusterSpec, istioNamespaceOf } from '../../../src/topology/index.ts';
import type { FakeApiServer } from '../api-server.ts';
import type { ExecAnswer, ExecRequest } from '../exec-door.ts';
import type { FakeMesh } from '../mesh.ts';
import { addresses, cartHost, vaultHost } from './topology.ts';

/** istiod's webhook: a pod of a namespace that asks for it gets a sidecar. */
export const injecting =
  (server: FakeApiServer) =>
  (object: KubeObject): KubeObject => {
    if (object.kind !== 'Pod') return object;
    const name = object.metadata?.namespace ?? 'default';
    const home = server.store.find({
      kind: server.store.kindOf('v1', 'Namespace'),
      namespace: undefined,
      name,
    });
    if (home?.metadata?.labels?.['istio-injection'] !== 'enabled') return object;
    const spec = object['spec'] as { containers: readonly object[] };
    return {
      ...object,
      spec: { ...spec, containers: [...spec.containers, { name: 'istio-proxy', image: 'proxyv2' }] },
    };
  };

interface Running {
  readonly mesh: FakeMesh;
  readonly spec: ClusterSpec;
  readonly certificates: { readonly chain: string; readonly root: string };
}

/** What pods answer: istiod's debug pages and metrics, Envoy's admin pages, curl. */
export function run({ command }: ExecRequest, running: Running): ExecAnswer | undefined {
  const [program = '', ...rest] = command;
  const path = rest.at(-1) ?? '';
  if (program === 'pilot-discovery') return istiodPage(path, running);
  if (program === 'pilot-agent' && rest[0] === 'wait') return dialled;
  if (program === 'pilot-agent') return envoyPage(path, running);
  // The first byte of a TLS handshake.
  if (isTelnet(command)) return { stdout: '\u0016' };
  if (program === 'sh') return { stdout: tlsAnswers(path) };
  if (program === 'curl') return { stdout: answers(path, running) };
  return undefined;
}

/** A TLS server was there, which does not speak HTTP. */
const dialled = {
  stderr:
    'Error: timeout waiting for Envoy proxy to become ready. Last error: malformed HTTP response "\\x15"',
  exitCode: 1,
};

export const isTelnet = (command: readonly string[]): boolean =>
  command[0] === 'sh' && /^echo .* 'telnet:/.test(command.at(-1) ?? '');

/** The same in base64, for each gateway that a script probes. */
const tlsAnswers = (script: string): string =>
  [...script.matchAll(/^probe (\d+) /gm)].map(([, at]) => `${at} Fg==\n`).join('');

function istiodPage(path: string, { mesh, spec }: Running): ExecAnswer {
  if (path === '/metrics') return { stdout: 'process_resident_memory_bytes 1e+08\n' };
  const names = mesh.topology.clusters.map(({ name }) => name);
  if (path === '/debug/clusterz') {
    const status = names.map((id) => ({
      id,
      secretName: id === spec.name ? '' : `${istioNamespaceOf(spec)}/istio-remote-secret-${id}`,
      syncStatus: 'synced',
    }));
    return { stdout: JSON.stringify(status) };
  }
  if (path === '/debug/mesh') {
    const serviceSettings = [{ settings: { clusterLocal: true }, hosts: [vaultHost] }];
    return { stdout: JSON.stringify({ serviceSettings }) };
  }
  const shards = mesh.topology.clusters.map((one) => [
    `Kubernetes/${one.name}`,
    [{ Addresses: [addresses(one).helloworld] }],
  ]);
  const host = 'helloworld.sample.svc.cluster.local';
  return { stdout: JSON.stringify({ [host]: { sample: { Shards: Object.fromEntries(shards) } } }) };
}

function envoyPage(path: string, { mesh, spec, certificates }: Running): ExecAnswer {
  if (path === 'config_dump?resource=dynamic_listeners') {
    const names = ['', 'v1', 'v2'].map((subset) => `outbound_.5000_.${subset}_.${cartHost}`);
    const listener = { filter_chains: [{ filter_chain_match: { server_names: names } }] };
    return { stdout: JSON.stringify({ configs: [{ active_state: { listener } }] }) };
  }
  if (path.startsWith('config_dump')) {
    const inline = (text: string) => ({ inline_bytes: Buffer.from(text).toString('base64') });
    const configs = [
      { name: 'default', secret: { tls_certificate: { certificate_chain: inline(certificates.chain) } } },
      { name: 'ROOTCA', secret: { validation_context: { trusted_ca: inline(certificates.root) } } },
    ];
    return { stdout: JSON.stringify({ configs }) };
  }
  const hosts = mesh.topology.clusters.map((one) => {
    const { gateway, helloworld } = addresses(one);
    const [address, port_value] = one.name === spec.name ? [helloworld, 5000] : [gateway, 15443];
    return { address: { socket_address: { address, port_value } }, weight: 1, health_status: {} };
  });
  const shared = [`|helloworld.sample.svc.cluster.local`, `|${cartHost}`, `v1|${cartHost}`, `v2|${cartHost}`];
  const statuses = [
    ...shared.map((rest) => ({ name: `outbound|5000|${rest}`, host_statuses: hosts })),
    {
      name: `outbound|5000||${vaultHost}`,
      host_statuses: hosts.filter((_, at) => at === spec.index),
    },
  ];
  return { stdout: JSON.stringify({ cluster_statuses: statuses }) };
}

/** Every cluster in turn, as round robin deals. */
function answers(url: string, { mesh }: Running): string {
  const count = Number(/\[1-(\d+)\]$/.exec(url)?.[1] ?? 0);
  const all = mesh.topology.clusters;
  return Array.from({ length: count }, (_, at) => {
    const version = `v${(all[at % all.length]?.index ?? 0) + 1}`;
    const body = `Hello version: ${version}, instance: helloworld-${version}-6d5f7b9c8-abcde\n`;
    return `${body}\u001e200 0.002 \n\u001e`;
  }).join('');
}
