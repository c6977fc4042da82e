import { execa } from 'execa';
import { meshPaths } from '../../../src/local/host/paths.ts';
import type { Bed } from '../../e2e/bed.ts';
import { applyTo, type Fault, patch, read, restart } from '../fault.ts';
import { type NameServer, nameServer } from '../name-server.ts';
import { meshName } from '../node.ts';

const port = 5399;
const zone = 'cloud.example';
const service = 'istio-eastwestgateway-by-name';
/** In the block of the second node, and given to nobody. */
const gone = (address: string): string => address.replace(/\d+$/, '190');

let server: NameServer;
let corefile: string;

interface Map {
  readonly data: { readonly Corefile: string };
}

interface Gateway {
  readonly metadata: { readonly labels: Record<string, string> };
  readonly spec: { readonly selector: object; readonly ports: readonly { port: number; name: string }[] };
  readonly status: { readonly loadBalancer: { readonly ingress: readonly { ip: string }[] } };
}

/** The first cluster’s DNS asks this process for names of the zone. */
async function delegate(bed: Bed, cluster: string, upstream: string): Promise<void> {
  const { data } = await read<Map>(bed, cluster, ['-n', 'kube-system', 'get', 'configmap', 'coredns']);
  corefile = data.Corefile;
  await setCorefile(bed, cluster, `${zone}:53 {\n    forward . ${upstream}\n}\n${corefile}`);
}

async function setCorefile(bed: Bed, cluster: string, text: string): Promise<void> {
  const change = { data: { Corefile: text } };
  await patch(bed, cluster, { namespace: 'kube-system', object: 'configmap/coredns', change });
  await restart(bed, cluster, 'kube-system deploy/coredns');
}

/** A second Service of the gateway whose load balancer, nobody’s here, has a name. */
async function applyNamed(bed: Bed, cluster: string, from: Gateway): Promise<void> {
  const labels = from.metadata.labels;
  const network = 'topology.istio.io/network';
  await applyTo(bed, cluster, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: service,
      namespace: 'istio-ingress',
      labels: { istio: labels['istio'], [network]: labels[network] },
    },
    spec: {
      type: 'LoadBalancer',
      loadBalancerClass: `${zone}/nlb`,
      allocateLoadBalancerNodePorts: false,
      selector: from.spec.selector,
      ports: from.spec.ports.filter((one) => one.port === 15443).map(({ name }) => ({ name, port: 15443 })),
    },
  });
  const status = JSON.stringify({
    status: { loadBalancer: { ingress: [{ hostname: `gateway.${zone}` }] } },
  });
  const args = ['patch', 'service', service, '--subresource=status', '--type=merge', '-p', status];
  await bed.ok(cluster, ['-n', 'istio-ingress', ...args]);
}

/** Until the proxy of sleep has the address. */
async function waitForEndpoint(bed: Bed, cluster: string, address: string): Promise<void> {
  const args = ['--context', cluster, '-n', 'sample', 'proxy-config', 'endpoints', 'deploy/sleep'];
  const until = Date.now() + 60_000;
  while (!(await bed.tool('istioctl', args)).stdout.includes(`${address}:15443`))
    if (Date.now() > until) throw new Error(`sleep of ${cluster} never got ${address}`);
}

export default {
  pain: 'B4',
  title: 'the load balancer has a name, and istiod keeps an address that it had before',
  done: 'a gateway gets a load balancer with a name; when proxies have its address, the name moves to another one',
  inject: async (bed, { here, there }) => {
    const args = ['-n', 'istio-ingress', 'get', 'service', 'istio-eastwestgateway'];
    const gateway = await read<Gateway>(bed, there, args);
    const address = gateway.status.loadBalancer.ingress[0]?.ip ?? '';
    const { bridge } = meshPaths(await meshName(bed));
    const { stdout } = await execa('ip', ['-4', '-o', 'addr', 'show', 'dev', bridge]);
    const host = /inet ([\d.]+)/.exec(stdout)?.[1] ?? '';
    server = await nameServer(host, port, gone(address));
    await delegate(bed, here, `${host}:${port}`);
    await applyNamed(bed, there, gateway);
    await waitForEndpoint(bed, here, gone(address));
    server.address = address;
    process.env['ISTHMUS_FAULT_NAMES'] = `${host}:${port}`;
    process.env['NODE_OPTIONS'] = `--import=${new URL('../resolver.mjs', import.meta.url).href}`;
  },
  expects: {
    check: 'sync',
    names: [/^eks-1 Pod sample\/sleep-\S+ extra: its proxy goes to \S+\.190:15443, which no cluster has/m],
  },
  follows: [
    { check: 'lb', why: 'the load balancer with a name is of a class that nobody serves here' },
    { check: 'traffic', why: 'requests to the old address run into their time-out' },
  ],
  points: /\.190|cloud\.example/,
  undo: async (bed, { here, there }) => {
    delete process.env['NODE_OPTIONS'];
    delete process.env['ISTHMUS_FAULT_NAMES'];
    await bed.ok(there, ['-n', 'istio-ingress', 'delete', 'service', service, '--ignore-not-found']);
    if (corefile) await setCorefile(bed, here, corefile);
    server?.close();
  },
} satisfies Fault;
