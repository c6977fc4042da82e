import { cleaned } from '../../src/dashboard/collect/clean.ts';
import { pastDrill, pastRotation } from '../../src/dashboard/collect/past-report.ts';
import { StateStore } from '../../src/dashboard/collect/store.ts';
import type { ClusterCard, MeshInfo } from '../../src/dashboard/state/panels.ts';
import {
  type CallerEndpoints,
  type CheckResult,
  type DrillReport,
  type EndpointRow,
  fail,
  pass,
  type RotationReport,
  type ServiceRow,
  type TrustView,
} from '../../src/report/index.ts';

const root = '35b5d0fd94754523'.repeat(4);
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

interface FeedOptions {
  readonly clusters?: number;
  readonly services?: number;
  /** Those that the page may run. */
  readonly drills?: MeshInfo['drills'];
}

/** A mesh that nobody built: the state of as many clusters and services as one likes, and what goes wrong in it. */
export class SyntheticFeed {
  readonly store = new StateStore({ epoch: 'synthetic', clean: cleaned });
  readonly names: readonly string[];
  readonly #services: number;
  #round = 0;

  constructor({ clusters = 2, services = 3, drills = [] }: FeedOptions = {}) {
    this.names = Array.from({ length: clusters }, (_, at) => `eks-${at + 1}`);
    this.#services = services;
    this.store.put('mesh', {
      name: 'demo',
      meshID: 'mesh1',
      trustDomain: 'cluster.local',
      istio: '1.31',
      clusters: this.names.map((name) => ({
        name,
        network: networkOf(name),
        provider: 'local',
        context: name,
      })),
      drills,
      version: '0.1.0',
    });
    for (const name of this.names) this.heal(name);
    for (const name of this.names) this.look(name);
    this.store.put('rotation', { phase: 'at rest', target: root, clusters: {}, lagging: [] });
  }

  /** Everything of one cluster is as it should be. */
  heal(name: string): void {
    this.store.put(`cluster/${name}`, this.card(name));
    this.store.put(`check/istiod/${name}`, this.result('istiod', name));
    for (const peer of this.#peers(name)) {
      this.store.put(`check/reach/${name} → ${peer}`, this.result('reach', `${name} → ${peer}`));
      this.store.put(`check/reach/${peer} → ${name}`, this.result('reach', `${peer} → ${name}`));
    }
  }

  /** One more look at one cluster: counters have grown, all else is as it was. */
  look(name: string): void {
    this.#round += 1;
    const share = 1 / this.names.length;
    const answers = Object.fromEntries(
      this.names.map((peer) => [peer, { count: 30, medianMs: 2 + (this.#round % 7) / 10 }]),
    );
    const expected = Object.fromEntries(this.names.map((peer) => [peer, share]));
    this.store.put(`traffic/${name}`, {
      from: name,
      service: 'sample/helloworld:5000',
      answers,
      expected,
      failed: 0,
    });
    this.store.put(`endpoints/${name}`, this.endpoints(name));
    this.store.put(`trust/${name}`, trustOf(name));
    this.store.put(`versions/${name}`, {
      cluster: name,
      kubernetes: 'v1.36.3',
      istiods: ['1.31.0'],
      proxies: { '1.31.0': 5 },
    });
  }

  /** The east-west gateway of a cluster has lost its pods. */
  breakGateway(name: string): void {
    const { now } = this.card(name);
    const gateways = now.gateways.map((one) =>
      one.name.endsWith('eastwestgateway') ? { ...one, ready: 0 } : one,
    );
    this.store.put(`cluster/${name}`, { now: { ...now, gateways } });
    const problem = {
      message: 'has no ready pod',
      cluster: name,
      object: 'Deployment istio-ingress/istio-eastwestgateway',
      evidence: 'spec.replicas 0',
      cause: 'somebody scaled it down',
      fix: `kubectl --context ${name} -n istio-ingress scale deployment/istio-eastwestgateway --replicas=1`,
    };
    for (const peer of this.#peers(name)) {
      const subject = `${peer} → ${name}`;
      this.store.put(`check/reach/${subject}`, {
        ...this.result('reach', subject),
        outcome: fail('the gateway does not answer', [problem], ['connection refused']),
      });
    }
  }

  /** A cluster's API server stops answering; what it was stays. */
  kill(name: string, lastSeen = Date.now()): void {
    const { now: status } = this.card(name);
    const unseen = {
      cluster: name,
      code: 'CLUSTER_UNREACHABLE',
      message: `the API server of ${name} does not answer`,
      hint: 'look at its node',
    } as const;
    this.store.put(`cluster/${name}`, {
      now: {
        ...status,
        state: 'unreachable',
        unseen,
        gateways: [],
        remotes: [],
        certificates: {},
        problems: [],
      },
      last: { at: lastSeen, status },
    });
    for (const kind of ['endpoints', 'trust', 'versions']) this.store.fail(`${kind}/${name}`, unseen.message);
  }

  /** A proxy lacks an endpoint of a service. */
  loseEndpoint(name: string): void {
    const seen = this.endpoints(name);
    const [first, ...rest] = seen.services;
    if (!first) return;
    const row: ServiceRow = {
      ...first,
      state: 'differs',
      held: this.names.length - 1,
      notes: ['missing: the proxy misses 10.0.0.2:15443, the gateway of eks-2'],
      endpoints: (first.endpoints ?? []).map((one, at) => (at === 1 ? unheld(one) : one)),
    };
    this.store.put(`endpoints/${name}`, { ...seen, services: [row, ...rest] });
  }

  addReports(): void {
    this.store.put('report/failover.json', pastDrill(drillReport));
    this.store.put('report/rotation.json', pastRotation(rotationReport, inDays(-1)));
    this.store.put('drill/run-1', {
      drill: 'failover',
      run: 'run-1',
      who: 'me@here',
      since: new Date(Date.now() - 5000).toISOString(),
      deadlineSeconds: 600,
      clusters: this.names.slice(0, 2),
    });
  }

  #peers(name: string): string[] {
    return this.names.filter((peer) => peer !== name);
  }

  card(name: string): ClusterCard {
    const remotes = this.#peers(name).map((peer) => ({
      peer,
      istiod: 'istiod-abc',
      synced: true,
      state: 'synced',
      token: { access: 'bounded' as const, issued: inDays(-3), expires: inDays(87) },
    }));
    return {
      now: {
        cluster: name,
        provider: 'local',
        network: networkOf(name),
        state: 'ready',
        detail: '1 of 1 nodes Ready',
        version: 'v1.36.3',
        istiod: { ready: 1, total: 1, version: '1.31.0' },
        gateways: [
          {
            name: 'istio-ingress/istio-eastwestgateway',
            addresses: [`100.64.32.${name.slice(4)}`],
            ready: 1,
            total: 1,
          },
          {
            name: 'istio-ingress/istio-ingressgateway',
            addresses: [`100.64.33.${name.slice(4)}`],
            ready: 1,
            total: 1,
          },
        ],
        certificates: {},
        remotes,
        problems: [],
      },
    };
  }

  result(id: string, subject: string): CheckResult {
    const outcome = pass(`${id} is as it should be`, ['seen with own eyes']);
    return {
      id,
      subject,
      title: `what ${id} states is true`,
      outcome,
      durationMs: 12,
      docs: `docs/checks/${id}.md`,
    };
  }

  /** @param whole with every service's endpoints, however many they are */
  endpoints(name: string, whole = false): CallerEndpoints {
    const few = whole || this.#services <= 20;
    const services = Array.from({ length: this.#services }, (_, at): ServiceRow => {
      const service = `shop-${at % 20}/service-${at}:80`;
      const count = this.names.length;
      const row = { service, state: 'same' as const, notes: [], expected: count, held: count };
      return few
        ? {
            ...row,
            endpoints: this.names.map((peer) =>
              endpointOf({ from: name, to: peer, count, round: this.#round }),
            ),
          }
        : row;
    });
    return { cluster: name, caller: 'sample/sleep-abc', services, notes: [] };
  }
}

const networkOf = (name: string): string => `network${Math.ceil(Number(name.slice(4)) / 2)}`;

interface EndpointOptions {
  readonly from: string;
  readonly to: string;
  readonly count: number;
  readonly round: number;
}

const endpointOf = ({ from, to, count, round }: EndpointOptions) => ({
  address: `10.0.0.${to.slice(4)}`,
  port: from === to ? 8080 : 15443,
  cluster: to,
  via: from === to ? ('pod' as const) : ('gateway' as const),
  expected: 1 / count,
  held: 1 / count,
  locality: 'local/zone-1',
  priority: 0,
  healthy: true,
  flags: [],
  requests: 100 + round,
  recent: 10,
});

/** An endpoint that the proxy was not told of, so that nothing is known of it there. */
const unheld = (one: EndpointRow): EndpointRow => ({
  ...one,
  held: undefined,
  locality: '',
  healthy: false,
  requests: 0,
  recent: undefined,
});

const certificate = (subject: string, fingerprint: string, days: number) => ({
  subject,
  fingerprint,
  notBefore: inDays(-10),
  notAfter: inDays(days),
});

const trustOf = (cluster: string): TrustView => ({
  cluster,
  source: 'Secret istio-system/cacerts',
  roots: [certificate('O=demo, CN=Root CA', root, 3640)],
  intermediate: certificate(`O=demo, OU=${cluster}, CN=Istio CA`, 'ab'.repeat(32), 355),
  signer: root,
  leaves: ['sample/sleep-abc', 'sample/helloworld-v1-def'].map((pod) => ({
    pod,
    identity: `spiffe://cluster.local/ns/sample/sa/${pod.slice(7, 12)}`,
    notAfter: inDays(0.7),
    root,
    trusts: [root],
  })),
  proxies: 2,
});

export const drillReport: DrillReport = {
  mesh: 'demo',
  drill: 'failover',
  title: 'when a service loses its pods in one cluster, another one answers',
  variant: 'no-pods',
  service: 'sample/helloworld',
  end: 'done',
  plan: [],
  disruption: 'helloworld of eks-1 has no pods for 15 s',
  limits: [],
  hypotheses: [{ title: 'no request is lost', expected: '0', measured: '0', state: 'held' }],
  verdict: {
    hypothesis: 'held',
    measured: { enough: true, problems: [] },
    undone: { complete: true, problems: [] },
  },
  figures: [{ title: 'time to shift', value: '1.4 s' }],
  tables: [],
  timelines: [
    {
      from: 'eks-1',
      slice: 1,
      slices: Array.from({ length: 20 }, (_, at) => ({
        at,
        answers: at > 5 && at < 15 ? { 'eks-2': 50 } : { 'eks-1': 25, 'eks-2': 25 },
        lost: at === 5 ? 3 : 0,
      })),
      marks: [
        { title: 'scaled to 0', at: 5 },
        { title: 'undone', at: 15 },
      ],
    },
  ],
  steps: [{ phase: 'act', title: 'scale to 0', cluster: 'eks-1', seconds: 1.2 }],
  started: '2026-11-28T10:00:00.000Z',
  seconds: 62,
  who: 'me@here',
  notes: [],
};

export const rotationReport: RotationReport = {
  mesh: 'demo',
  what: 'root',
  end: 'done',
  from: [{ subject: 'O=demo, CN=Root CA', fingerprint: 'cd'.repeat(32) }],
  to: { subject: 'O=demo, CN=Root CA', fingerprint: root },
  position: { 'eks-1': 'old', 'eks-2': 'old' },
  steps: [
    {
      phase: 'trust both',
      title: 'every proxy trusts both roots',
      clusters: ['eks-1', 'eks-2'],
      seconds: 42,
    },
    { phase: 'sign new', title: 'every leaf is of the new root', clusters: ['eks-1', 'eks-2'], seconds: 31 },
  ],
  seconds: 120,
  proofs: [{ cluster: 'eks-1', by: 'sidecar', state: 'refused', detail: 'the handshake was refused' }],
  notes: [],
};
