import { describe, expect, it } from 'vitest';
import type { GatewayFacts } from '../../../src/checks/facts/gateway-facts.ts';
import { networkFindings, podProblems } from '../../../src/checks/gateways/gateways.ts';
import { listenerProblems, loadBalancers } from '../../../src/checks/gateways/lb.ts';
import { entryProblems } from '../../../src/checks/gateways/parts/gateway-entries.ts';
import { serviceProblems } from '../../../src/checks/gateways/parts/service-problems.ts';
import { silentGateways, unusedGateways } from '../../../src/checks/gateways/parts/silent-gateways.ts';
import { tagOf } from '../../../src/checks/istiod/istiod.ts';
import { tokenFindings } from '../../../src/checks/remotes/parts/credential-findings.ts';
import { addressProblems } from '../../../src/checks/remotes/secrets.ts';
import { compareRoots } from '../../../src/checks/trust/parts/mesh-roots.ts';
import { proxyFindings } from '../../../src/checks/trust/parts/proxy-trust.ts';
import type { ProxyCertificates, RemoteSecretState } from '../../../src/istio/index.ts';
import { createRoot, inspect } from '../../../src/pki/index.ts';
import type { LoadBalancer, LoadBalancerTarget, MeshCluster } from '../../../src/provider/index.ts';
import { deployment } from './objects.ts';

const network = 'topology.istio.io/network';
const rootA = await createRoot({ subject: 'A', algorithm: 'ecdsa-p256', years: 10 });
const rootB = await createRoot({ subject: 'B', algorithm: 'ecdsa-p256', years: 10 });
const connection = { apiServerForPeers: 'https://10.0.0.2:6443', certificateAuthority: rootA.certificatePem };
const cluster = {
  spec: { name: 'eks-2', network: 'network2' },
  kube: { connection },
} as unknown as MeshCluster;

describe('gateways', () => {
  const selector = { istio: 'eastwestgateway' };
  const named = (labels: Record<string, string> = { [network]: 'network2' }) => ({
    metadata: {
      namespace: 'istio-ingress',
      name: 'istio-eastwestgateway',
      labels: { ...selector, ...labels },
    },
  });
  const template = { metadata: { labels: { ...selector, [network]: 'network2' } } };
  const entry = (name = 'cross-network-gateway', mode = 'AUTO_PASSTHROUGH') => ({
    metadata: { namespace: 'istio-ingress', name },
    spec: { selector: { istio: 'eastwestgateway' }, servers: [{ port: { number: 15443 }, tls: { mode } }] },
  });
  const healthy: GatewayFacts = {
    deployments: [deployment({ ...named(), spec: { replicas: 1, template }, status: { readyReplicas: 1 } })],
    services: [
      {
        ...named(),
        spec: { type: 'LoadBalancer', selector, ports: [{ port: 15443 }] },
        status: { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } },
      },
    ],
    pods: [{ ...named(), spec: { containers: [{ name: 'istio-proxy', image: 'proxyv2:1.31' }] } }],
    entries: [entry()],
    systemNetwork: 'network2',
  };
  const all = (observation: GatewayFacts) => [
    ...[serviceProblems, podProblems, entryProblems, unusedGateways].flatMap((look) =>
      look(cluster, observation),
    ),
    ...[silentGateways, networkFindings].flatMap((look) => Object.values(look(cluster, observation)).flat()),
  ];

  it('say nothing of a healthy one', () => expect(all(healthy)).toEqual([]));

  it.each<[string, Partial<GatewayFacts>, RegExp]>([
    [
      'scaled to nothing',
      { deployments: [deployment({ ...named(), spec: { replicas: 0, template } })] },
      /Deployment .* scaled to 0 replicas/,
    ],
    [
      'not ready',
      { deployments: [deployment({ ...named(), spec: { replicas: 2, template } })] },
      /none of its 2 replicas/,
    ],
    ['without Deployment', { deployments: [] }, /no east-west gateway/],
    ['without Service', { services: [] }, /no Service/],
    [
      'without label',
      { services: [{ ...healthy.services[0], ...named({}) }] },
      /Service .* no network label/,
    ],
    [
      'with a wrong label',
      { services: [{ ...healthy.services[0], ...named({ [network]: 'other' }) }] },
      /labelled network other/,
    ],
    ['without address', { services: [{ ...healthy.services[0], status: {} }] }, /has no address/],
    [
      'without port',
      { services: [{ ...healthy.services[0], spec: { selector, ports: [{ port: 80 }] } }] },
      /no port 15443/,
    ],
    ['with an unlabelled pod', { pods: [{ ...healthy.pods[0], ...named({}) }] }, /Pod .* no network label/],
    [
      'not injected',
      { pods: [{ ...named(), spec: { containers: [{ name: 'istio-proxy', image: 'auto' }] } }] },
      /image "auto"/,
    ],
    ['without Gateway', { entries: [] }, /no Gateway opens port 15443/],
    [
      'with two Gateways',
      { entries: [entry(), entry('second')] },
      /Gateway istio-ingress\/second.* as well as/,
    ],
    ['with the wrong mode', { entries: [entry('one', 'SIMPLE')] }, /TLS mode SIMPLE/],
    ['of an unlabelled namespace', { systemNetwork: undefined }, /Namespace istio-system.*no network label/],
  ])('find one %s', (_name, change, words) => {
    const found = all({ ...healthy, ...change });
    expect(found.map(({ object, message }) => `${object} ${message}`)).toEqual([
      expect.stringMatching(words),
    ]);
    expect(found[0]?.cluster).toBe('eks-2');
  });

  const exposed = (spec: object, { metadata = {}, nodes = [] as object[] } = {}): Partial<GatewayFacts> => ({
    services: [{ metadata: { ...named().metadata, ...metadata }, spec: { selector, ...spec } } as never],
    nodes: nodes as never,
  });
  const nodePort = { type: 'NodePort', ports: [{ port: 15443, nodePort: 31443 }] };
  const byNodes = (selector: string) => ({ annotations: { 'traffic.istio.io/nodeSelector': selector } });
  const node = (type: string, zone = 'a') => ({
    metadata: { name: `n-${zone}`, labels: { zone } },
    status: { addresses: [{ type, address: '198.51.100.7' }] },
  });
  const otherPort = { labels: { [network]: 'network2', 'networking.istio.io/gatewayPort': '8443' } };
  const on = (number: number): Partial<GatewayFacts> => ({
    entries: [
      {
        ...entry(),
        spec: { ...entry().spec, servers: [{ port: { number }, tls: { mode: 'AUTO_PASSTHROUGH' } }] },
      },
    ],
  });

  it.each<[string, Partial<GatewayFacts>]>([
    ['externalIPs', exposed({ type: 'ClusterIP', externalIPs: ['198.51.100.7'], ports: [{ port: 15443 }] })],
    [
      'a node port of every node',
      exposed(nodePort, { metadata: byNodes('{}'), nodes: [node('ExternalIP')] }),
    ],
    ['externalIPs and a node port', exposed({ ...nodePort, externalIPs: ['198.51.100.7'] })],
    [
      'a node port of some nodes',
      exposed(nodePort, {
        metadata: byNodes('{"zone":"b"}'),
        nodes: [node('InternalIP'), node('ExternalIP', 'b')],
      }),
    ],
    [
      'another port, its Gateway on that of the Service',
      {
        ...exposed(
          { externalIPs: ['198.51.100.7'], ports: [{ port: 8443, targetPort: 15443 }] },
          { metadata: otherPort },
        ),
        ...on(8443),
      },
    ],
    [
      'another port, its Gateway on that of the pod',
      {
        ...exposed(
          { externalIPs: ['198.51.100.7'], ports: [{ port: 8443, targetPort: 15443 }] },
          { metadata: otherPort },
        ),
        ...on(15443),
      },
    ],
  ])('say nothing of one reached by %s', (_name, change) =>
    expect(all({ ...healthy, ...change })).toEqual([]),
  );

  it.each<[string, Partial<GatewayFacts>, RegExp, RegExp]>([
    [
      'a NodePort that selects no nodes',
      exposed(nodePort),
      /without the annotation/,
      /annotate service .*nodeSelector='{}'/,
    ],
    [
      'a NodePort of nodes without an external address',
      exposed(nodePort, { metadata: byNodes('{}'), nodes: [node('InternalIP')] }),
      /no node that it selects has an address of type ExternalIP/,
      /externalIPs/,
    ],
    [
      'a NodePort of nodes that are not there',
      exposed(nodePort, { metadata: byNodes('{"zone":"c"}'), nodes: [node('ExternalIP')] }),
      /no node that it selects/,
      /externalIPs/,
    ],
    [
      'a ClusterIP alone',
      exposed({ type: 'ClusterIP', ports: [{ port: 15443 }] }),
      /ClusterIP without externalIPs/,
      /patch/,
    ],
    [
      'a labelled port that the Service has not',
      exposed({ externalIPs: ['198.51.100.7'], ports: [{ port: 15443 }] }, { metadata: otherPort }),
      /has no port 8443/,
      /$/,
    ],
  ])('say why %s lets nobody in', (...[, change, words, fix]) => {
    const found = all({ ...healthy, ...change }).filter(({ object }) => object?.startsWith('Service'));
    expect(found.map(({ message }) => message)).toEqual([expect.stringMatching(words)]);
    expect(String(found[0]?.fix ?? '')).toMatch(fix);
  });

  it('without a load balancer are none of its check, where others reach them by nodes', async () => {
    const change = exposed(nodePort, { metadata: byNodes('{}'), nodes: [node('ExternalIP')] });
    const look = (services: Partial<GatewayFacts>) =>
      loadBalancers.run(
        {
          topology: { clusters: [cluster.spec, { name: 'eks-1', network: 'network1' }] },
          clusters: [cluster],
          facts: { loadBalancers: async () => [], gateways: async () => ({ ...healthy, ...services }) },
        } as never,
        cluster as never,
      );
    expect(await look(change)).toMatchObject({
      status: 'skip',
      reason: 'no gateway here has a load balancer, its addresses are 198.51.100.7:31443',
    });
    expect(await look(exposed({ ...nodePort, type: 'ClusterIP' }))).toMatchObject({ status: 'fail' });
  });

  it('warn of a namespace without a label and fail one of another network', () => {
    const of = (systemNetwork: string | undefined) => networkFindings(cluster, { ...healthy, systemNetwork });
    expect(of(undefined)).toMatchObject({ failures: [], warnings: [{ object: 'Namespace istio-system' }] });
    expect(of('network1')).toMatchObject({ failures: [{ object: 'Namespace istio-system' }], warnings: [] });
  });

  it('take the Gateway that selects the gateway’s own labels, and no other’s', () => {
    const labels = { app: 'crossing', [network]: 'network2' };
    const own = { ...entry(), spec: { ...entry().spec, selector: { app: 'crossing' } } };
    const others = { ...own, spec: { ...own.spec, selector: { app: 'ingress' } } };
    const crossing: GatewayFacts = {
      ...healthy,
      services: [
        { ...healthy.services[0], spec: { selector: { app: 'crossing' }, ports: [{ port: 15443 }] } },
      ],
      pods: [{ ...healthy.pods[0], metadata: { namespace: 'istio-ingress', name: 'crossing', labels } }],
    };
    expect(entryProblems(cluster, { ...crossing, entries: [own] })).toEqual([]);
    const found = entryProblems(cluster, { ...crossing, entries: [others] });
    expect(found[0]?.message).toContain('no Gateway opens port 15443');
    expect(found[0]?.evidence).toContain('{"app":"ingress"}');
  });

  it('take a listener of the Kubernetes Gateway API that passes through', () => {
    const options = { 'gateway.istio.io/listener-protocol': 'auto-passthrough' };
    const apiGateways = [{ spec: { listeners: [{ port: 15443, tls: { options } }] } }];
    expect(entryProblems(cluster, { ...healthy, entries: [], apiGateways })).toEqual([]);
    // By its network and port alone, as istiod's own class of gateways is written.
    const metadata = { labels: { [network]: 'network2' } };
    const byLabel = { metadata, spec: { listeners: [{ port: 15443, tls: {} }] } };
    expect(entryProblems(cluster, { ...healthy, entries: [], apiGateways: [byLabel] })).toEqual([]);
    const remote = { ...byLabel, spec: { ...byLabel.spec, gatewayClassName: 'istio-remote' } };
    expect(entryProblems(cluster, { ...healthy, entries: [], apiGateways: [remote] })).toHaveLength(1);
    const without = [{ spec: { listeners: [{ port: 15443 }] } }];
    expect(entryProblems(cluster, { ...healthy, entries: [], apiGateways: without })).toHaveLength(1);
  });
});

describe('several gateways of one network', () => {
  const at = 'istio-ingress';
  const one = (name: string, { port = 15443, label = 'network2', ready = 1 } = {}) => {
    const labels: Record<string, string> = { app: name, [network]: 'network2' };
    const own = label ? { [network]: label } : {};
    const byPort = port === 15443 ? {} : { 'networking.istio.io/gatewayPort': `${port}` };
    return {
      service: {
        metadata: { namespace: at, name, labels: { ...own, ...byPort } },
        spec: { selector: { app: name }, ports: [{ port }], externalIPs: [`198.51.100.${name.length}`] },
      },
      deployment: deployment({
        metadata: { namespace: at, name },
        spec: { replicas: ready, template: { metadata: { labels } } },
        status: { readyReplicas: ready },
      }),
      pods: Array.from({ length: ready }, () => ({
        metadata: { namespace: at, name: `${name}-1`, labels, annotations: { 'istio.io/rev': 'default' } },
        spec: { containers: [{ name: 'istio-proxy', image: 'proxyv2' }] },
      })),
      entry: {
        metadata: { namespace: at, name: `open-${name}` },
        spec: {
          selector: { app: name },
          servers: [{ port: { number: port }, tls: { mode: 'AUTO_PASSTHROUGH' } }],
        },
      },
    };
  };
  const facts = (...all: ReturnType<typeof one>[]): GatewayFacts => ({
    services: all.map(({ service }) => service),
    deployments: all.map((gateway) => gateway.deployment),
    pods: all.flatMap(({ pods }) => pods),
    entries: all.map((gateway) => gateway.entry),
    systemNetwork: 'network2',
  });
  const found = (seen: GatewayFacts) => {
    const { failures, warnings } = silentGateways(cluster, seen);
    return {
      failures: [...failures, ...serviceProblems(cluster, seen), ...podProblems(cluster, seen)].concat(
        entryProblems(cluster, seen),
      ),
      warnings: [...warnings, ...unusedGateways(cluster, seen)],
    };
  };

  it('may each have a port, a Gateway and pods of its own', () =>
    expect(found(facts(one('first'), one('second', { port: 8443 })))).toEqual({
      failures: [],
      warnings: [],
    }));

  it('are judged each by itself: one that is dead is named, with what peers lose by it', () => {
    const { failures, warnings } = found(facts(one('first'), one('second', { ready: 0 })));
    expect(warnings).toEqual([]);
    expect(failures).toMatchObject([
      { cluster: 'eks-2', object: 'Deployment istio-ingress/second', message: 'is scaled to 0 replicas' },
    ]);
    expect(failures[0]?.cause).toContain('1 of 2 parts of their requests to 198.51.100.6:15443');
    expect(failures[0]?.cause).toContain('Service istio-ingress/first');
  });

  it('name one whose Service selects nothing, or nothing that is ready', () => {
    const [first, second] = [one('first'), one('second')];
    const astray = { ...second.service, spec: { ...second.service.spec, selector: { app: 'gone' } } };
    expect(found({ ...facts(first, second), services: [first.service, astray] }).failures).toContainEqual(
      expect.objectContaining({
        object: 'Service istio-ingress/second',
        message: expect.stringMatching(/selects no pod/),
      }),
    );
    const daemons = { ...facts(first, second), deployments: [first.deployment] };
    expect(found(daemons).failures).toMatchObject([
      { object: 'Service istio-ingress/second', message: expect.stringMatching(/selects no ready pod/) },
    ]);
  });

  it('name one whose port no Gateway opens, though another’s is open', () => {
    const seen = { ...facts(one('first'), one('second')), entries: [one('first').entry] };
    expect(found(seen).failures.map(({ message }) => message)).toEqual([
      'no Gateway opens port 15443 of Service istio-ingress/second',
    ]);
  });

  it('name one whose Gateway is of a revision that its own istiod is not', () => {
    const [first, second] = [one('first'), one('second')];
    const other = {
      ...second.entry,
      metadata: { ...second.entry.metadata, labels: { 'istio.io/rev': 'canary' } },
    };
    const own = {
      ...first.entry,
      metadata: { ...first.entry.metadata, labels: { 'istio.io/rev': 'default' } },
    };
    expect(found({ ...facts(first, second), entries: [own, other] }).failures).toMatchObject([
      {
        object: 'Gateway istio-ingress/open-second',
        message: 'is of revision canary, Service istio-ingress/second of default, so its port stays closed',
        fix: expect.stringContaining('istio.io/rev-'),
      },
    ]);
  });

  it('warn of one that peers do not use, and of nothing else about it', () =>
    expect(found(facts(one('first'), one('second', { label: '', ready: 0 })))).toMatchObject({
      failures: [],
      warnings: [
        {
          object: 'Service istio-ingress/second',
          message: 'has no network label, so peers do not use it but Service istio-ingress/first',
        },
      ],
    }));

  it('may be moved behind one Service from one Deployment to another', () => {
    const [old, fresh] = [one('first', { ready: 0 }), one('first')];
    const canary = { ...fresh.deployment, metadata: { namespace: at, name: 'first-canary' } };
    const seen = { ...facts(fresh), deployments: [old.deployment, canary] };
    expect(found(seen)).toEqual({ failures: [], warnings: [] });
  });
});

describe('load balancers', () => {
  const balancer: LoadBalancer = {
    cluster: 'eks-2',
    namespace: 'istio-ingress',
    service: 'gw',
    addresses: [],
    listeners: [],
  };
  const target = (state: LoadBalancerTarget['state']): LoadBalancerTarget => ({
    address: '10.2.0.9',
    port: 15443,
    zone: 'b',
    state,
    reason: 'Target.FailedHealthChecks',
  });
  it.each<[string, LoadBalancerTarget['state'][], string[]]>([
    ['all healthy', ['healthy', 'healthy'], []],
    ['one draining beside a healthy one', ['healthy', 'draining'], []],
    ['one unhealthy', ['healthy', 'unhealthy'], ['port 443: target 10.2.0.9:15443 is unhealthy']],
    [
      'unused alone',
      ['unused'],
      ['port 443: target 10.2.0.9:15443 is unused', 'port 443 has no healthy target'],
    ],
    ['only draining', ['draining'], ['port 443 has no healthy target']],
    ['none', [], ['port 443 has no target']],
  ])('%s', (_name, states, messages) => {
    const found = listenerProblems(balancer, { port: 443, targets: states.map(target) });
    expect(found.map(({ message }) => message)).toEqual(messages);
    for (const { object } of found) expect(object).toBe('Service istio-ingress/gw');
  });

  it('say zone, state and reason', () => {
    const [first] = listenerProblems(balancer, { port: 443, targets: [target('unhealthy')] });
    expect(first?.evidence).toBe('zone b, state unhealthy, reason Target.FailedHealthChecks');
  });
});

describe('remote secrets', () => {
  const subject = { cluster: 'eks-1', object: 'Secret istio-system/istio-remote-secret-eks-2' };
  const state = (server: string, certificateAuthority: string) =>
    ({ server, certificateAuthority }) as RemoteSecretState;

  it.each([
    ['right', { server: 'https://10.0.0.2:6443/', authority: rootA.certificatePem, words: [] }],
    [
      'elsewhere',
      {
        server: 'https://127.0.0.1:6443',
        authority: rootA.certificatePem,
        words: [/names https:\/\/127.0.0.1:6443/],
      },
    ],
    [
      'without scheme',
      { server: '10.0.0.2:6443', authority: rootA.certificatePem, words: [/names 10.0.0.2:6443/] },
    ],
    [
      'under another authority',
      {
        server: 'https://10.0.0.2:6443',
        authority: rootB.certificatePem,
        words: [/another certificate authority/],
      },
    ],
    [
      'under none',
      { server: 'https://10.0.0.2:6443', authority: '', words: [/another certificate authority/] },
    ],
  ])('%s', (_title, { server, authority, words }) => {
    const found = addressProblems(state(server, authority), subject, cluster);
    expect(found.map(({ message }) => message)).toEqual(words.map((word) => expect.stringMatching(word)));
  });

  const now = new Date('2026-01-31T00:00:00Z');
  const life = (expires: string) => ({
    issued: new Date('2026-01-01T00:00:00Z'),
    expires: new Date(expires),
  });
  const young = new Date('2026-01-01T00:00:00Z');
  const old = new Date('2025-10-01T00:00:00Z');
  it.each([
    [
      'long enough',
      { own: { life: life('2026-04-01T00:00:00Z') }, remoteAccess: 'auto', failed: 0, warned: 0 },
    ],
    [
      'under a quarter left',
      { own: { life: life('2026-02-05T00:00:00Z') }, remoteAccess: 'auto', failed: 0, warned: 1 },
    ],
    ['expired', { own: { life: life('2026-01-30T00:00:00Z') }, remoteAccess: 'auto', failed: 1, warned: 0 }],
    [
      'without end, of somebody else',
      { own: { life: undefined, managed: false }, remoteAccess: 'auto', failed: 0, warned: 1 },
    ],
    [
      'without end, of the holder alone',
      { own: { life: undefined }, remoteAccess: 'auto', failed: 0, warned: 0 },
    ],
    [
      'without end, and too old',
      { own: { life: undefined, issued: old }, remoteAccess: 'secret', failed: 0, warned: 1 },
    ],
    [
      'without end, but one with an end is wanted',
      { own: { life: undefined }, remoteAccess: 'bounded', failed: 0, warned: 1 },
    ],
  ] as const)('token %s', (_title, { own, remoteAccess, failed, warned }) => {
    const istio = { remoteAccess, remoteSecretDays: 90 };
    const found = tokenFindings(
      { issued: young, managed: true, ...own },
      { subject, peer: 'eks-2', istio, now },
    );
    expect([found.failures.length, found.warnings.length]).toEqual([failed, warned]);
  });
});

describe('trust', () => {
  const a = inspect(rootA.certificatePem);
  const b = inspect(rootB.certificatePem);
  it.each([
    ['equal roots', { sets: [[a], [a]], failed: [], warned: [] }],
    [
      'equal sets in another order',
      {
        sets: [
          [a, b],
          [b, a],
        ],
        failed: [],
        warned: [],
      },
    ],
    ['one stranger among three', { sets: [[b], [a], [a]], failed: ['eks-1'], warned: [] }],
    ['a draw, won by the first', { sets: [[a], [b]], failed: ['eks-2'], warned: [] }],
    ['a rotation under way', { sets: [[a], [a, b]], failed: [], warned: ['eks-2'] }],
    ['a secret that cannot be read', { sets: [[a], []], failed: [], warned: [] }],
  ])('%s', (_title, { sets, failed, warned }) => {
    const found = compareRoots(
      sets.map((roots, index) => ({
        cluster: `eks-${index + 1}`,
        object: 'Secret istio-system/cacerts',
        roots,
      })),
    );
    expect(found.failures.map((problem) => problem.cluster)).toEqual(failed);
    expect(found.warnings.map((problem) => problem.cluster)).toEqual(warned);
  });

  const certificates = (change: Partial<ProxyCertificates>): ProxyCertificates => ({
    identity: 'spiffe://cluster.local/ns/sample/sa/sleep',
    serial: '1',
    notBefore: new Date('2026-01-01T00:00:00Z'),
    notAfter: new Date('2026-01-02T00:00:00Z'),
    issuer: 'CN=eks-2',
    chainPem: '',
    roots: [rootA.certificatePem],
    leafUpdated: undefined,
    rootsUpdated: undefined,
    ...change,
  });
  it.each([
    ['a good proxy', {}, []],
    ['another root', { roots: [rootB.certificatePem] }, [/trusts no root/]],
    ['both roots', { roots: [rootB.certificatePem, rootA.certificatePem] }, []],
    ['another trust domain', { identity: 'spiffe://old.example/ns/a/sa/b' }, [/trust domain old.example/]],
    ['an expired leaf', { notAfter: new Date('2026-01-01T11:00:00Z') }, [/expired/]],
  ])('%s', (_name, change, words) => {
    const proxies = [{ pod: 'sample/sleep-1', certificates: certificates(change) }];
    const found = proxyFindings(
      { cluster, proxies },
      { trustDomain: 'cluster.local', meshRoots: [a], now: new Date('2026-01-01T12:00:00Z') },
    );
    expect(found.failures.map(({ message }) => message)).toEqual(
      words.map((word) => expect.stringMatching(word)),
    );
    for (const problem of found.failures)
      expect(problem).toMatchObject({ cluster: 'eks-2', object: 'Pod sample/sleep-1' });
  });
});

it.each([
  ['docker.io/istio/pilot:1.31.0', '1.31.0'],
  ['host:5000/istio/pilot:1.31-dev@sha256:ab', '1.31-dev'],
  ['istio/pilot', 'unknown'],
])('istiod’s version of %s is %s', (image, tag) => {
  const spec = { template: { spec: { containers: [{ name: 'discovery', image }] } } };
  expect(tagOf(deployment({ spec }))).toBe(tag);
});
