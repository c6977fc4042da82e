import { describe, expect, it } from 'vitest';
import { nodeSelectorOf, statedGateways } from '../../../../src/istio/index.ts';
import type { Node, Service } from '../../../../src/kubernetes/index.ts';

/*
 * What istiod makes of each combination: ConvertService takes the status of a LoadBalancer alone and adds externalIPs,
 * addOrUpdateService looks at nodes only where that left nothing, and extractGatewaysInner maps the port of a NodePort
 * that has the annotation, whatever its addresses are.
 */
const node = (name: string, address: string, type = 'ExternalIP') =>
  ({
    metadata: { name, labels: { pool: name } },
    status: {
      addresses: [
        { type: 'InternalIP', address: '10.0.0.9' },
        { type, address },
      ],
    },
  }) as Node;
const nodes = [node('a', '198.51.100.1'), node('b', '198.51.100.2'), node('c', '10.0.0.3', 'InternalIP')];

type Given = Readonly<{
  type: string;
  ips?: string[];
  ingress?: object[];
  selector?: string;
  label?: string;
}>;

const service = ({ type, ips, ingress, selector, label }: Given): Service =>
  ({
    metadata: {
      labels: label ? { 'networking.istio.io/gatewayPort': label } : {},
      annotations: selector === undefined ? {} : { 'traffic.istio.io/nodeSelector': selector },
    },
    spec: {
      type,
      ...(ips ? { externalIPs: ips } : {}),
      ports: [
        { port: 15443, nodePort: 31443 },
        { port: 8443, nodePort: 30843 },
      ],
    },
    status: { loadBalancer: ingress ? { ingress } : {} },
  }) as Service;

const at = (given: Given) => statedGateways(service(given), nodes).map(({ host, port }) => `${host}:${port}`);

const ips = ['192.0.2.7', '192.0.2.8'];
const ingress = [
  { ip: '203.0.113.1' },
  { hostname: 'lb.example' },
  {},
  { ip: '203.0.113.2', hostname: 'both.example' },
];
const balanced = ['203.0.113.1:15443', 'lb.example:15443', '203.0.113.2:15443'];
const own = ['192.0.2.7:15443', '192.0.2.8:15443'];
const mapped = ['192.0.2.7:31443', '192.0.2.8:31443'];
const everyNode = ['198.51.100.1:31443', '198.51.100.2:31443'];

describe('addresses of a gateway and the port that goes with each', () => {
  it.each<[string, Given, string[]]>([
    ['LoadBalancer without a status', { type: 'LoadBalancer' }, []],
    ['LoadBalancer: each entry of its status, IP before name', { type: 'LoadBalancer', ingress }, balanced],
    ['LoadBalancer with externalIPs: both', { type: 'LoadBalancer', ingress, ips }, [...balanced, ...own]],
    ['LoadBalancer with externalIPs, without a status', { type: 'LoadBalancer', ips }, own],
    [
      'LoadBalancer with a node selector, which is a NodePort’s',
      { type: 'LoadBalancer', ingress, selector: '{}' },
      balanced,
    ],
    ['LoadBalancer without an address, with a node selector', { type: 'LoadBalancer', selector: '{}' }, []],
    [
      'LoadBalancer by the port of its label',
      { type: 'LoadBalancer', ingress: [{ ip: '203.0.113.1' }], label: '8443' },
      ['203.0.113.1:8443'],
    ],
    ['ClusterIP alone', { type: 'ClusterIP' }, []],
    ['ClusterIP with externalIPs', { type: 'ClusterIP', ips }, own],
    ['ClusterIP with a node selector', { type: 'ClusterIP', selector: '{}' }, []],
    [
      'ClusterIP with a status, as a controller writes that does not ask for the type',
      { type: 'ClusterIP', ingress },
      [],
    ],
    ['NodePort alone', { type: 'NodePort' }, []],
    ['NodePort with a status', { type: 'NodePort', ingress }, []],
    ['NodePort with externalIPs: the Service’s port', { type: 'NodePort', ips }, own],
    ['NodePort with a node selector: nodes, node port', { type: 'NodePort', selector: '{}' }, everyNode],
    ['NodePort of some nodes', { type: 'NodePort', selector: '{"pool":"b"}' }, ['198.51.100.2:31443']],
    ['NodePort of a node without an external address', { type: 'NodePort', selector: '{"pool":"c"}' }, []],
    ['NodePort of nodes that are not there', { type: 'NodePort', selector: '{"pool":"d"}' }, []],
    [
      'NodePort with a node selector and externalIPs: these alone, node port',
      { type: 'NodePort', selector: '{}', ips },
      mapped,
    ],
    [
      'NodePort with a broken selector and externalIPs',
      { type: 'NodePort', selector: 'pool=b', ips },
      mapped,
    ],
    [
      'NodePort with a node selector, by the port of its label',
      { type: 'NodePort', selector: '{"pool":"b"}', label: '8443' },
      ['198.51.100.2:30843'],
    ],
    ['a port that the Service has not', { type: 'LoadBalancer', ingress, label: '9443' }, []],
    ['a port that is no number', { type: 'ClusterIP', ips, label: 'tls' }, own],
  ])('%s', (_what, given, expected) => expect(at(given)).toEqual(expected));
});

describe('a node selector as Go reads it', () => {
  const all = { labels: {} };
  it.each<[string, ReturnType<typeof nodeSelectorOf>, string[]]>([
    ['', all, everyNode],
    ['null', all, everyNode],
    ['{}', all, everyNode],
    ['pool=b', { ...all, fault: 'no labels' }, everyNode],
    ['{"pool":"b"', { ...all, fault: 'no labels' }, everyNode],
    ['"pool"', { ...all, fault: 'no labels' }, everyNode],
    ['["pool"]', { ...all, fault: 'no labels' }, everyNode],
    ['1', { ...all, fault: 'no labels' }, everyNode],
    ['{"pool":"b"}', { labels: { pool: 'b' } }, ['198.51.100.2:31443']],
    ['{"pool":null}', { labels: { pool: '' } }, []],
    ['{"pool":1}', { labels: { pool: '' }, fault: 'no text' }, []],
    ['{"pool":{"name":"b"}}', { labels: { pool: '' }, fault: 'no text' }, []],
  ])('%s', (selector, read, addresses) => {
    expect(nodeSelectorOf(service({ type: 'NodePort', selector }))).toEqual(read);
    expect(at({ type: 'NodePort', selector })).toEqual(addresses);
  });
});
