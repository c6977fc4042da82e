import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Session } from '../../src/mesh/session/session.ts';
import { ensureClusterTrust, type MeshTrust, openTrust } from '../../src/mesh/trust/mesh-trust.ts';
import { inspect, parseBundle, verifyAuthority } from '../../src/pki/index.ts';
import { recordingReporter } from '../../src/report/index.ts';
import { parseTopology } from '../../src/topology/index.ts';
import { ContextsMesh } from '../unit/mesh/contexts-mesh.ts';
import { Custody } from './support/custody.ts';
import { RehearsedAws } from './support/rehearsed-aws.ts';

// Two operators on machines of their own whose mesh has its root's key in AWS KMS.
const clusters = ['one', 'two'] as const;
let aws: RehearsedAws;
let custody: Custody;
let mesh: ContextsMesh;
let key: string;

beforeAll(async () => {
  aws = await RehearsedAws.start();
  custody = new Custody(aws.emulator, aws.tester);
});
afterAll(() => aws?.stop());
beforeEach(async () => {
  mesh = await ContextsMesh.start({ one: 'healthy', two: 'healthy' });
  key = await custody.key('ECC_NIST_P256');
});
afterEach(() => mesh.stop());

/** One operator, who has read the mesh's file and begun nothing. */
class Operator {
  readonly reporter = recordingReporter();
  readonly session: Session;
  trust: MeshTrust | undefined;

  constructor() {
    const text = mesh.text(clusters).replace('spec:\n', `spec:\n  trust: {root: {kms: "${key}"}}\n`);
    const topology = parseTopology(text, `${mesh.folder}/mesh.yaml`);
    this.session = new Session({ topology, reporter: this.reporter, signal: AbortSignal.timeout(60_000) });
  }

  async looks(): Promise<void> {
    this.trust = await openTrust(this.session, { replaceRoot: false, first: this.session.topology.clusters });
  }

  /** Give every cluster its CA; the actions that it took, in the file's order. */
  async gives(): Promise<string[]> {
    const { topology, context } = this.session;
    const changes = topology.clusters.map(async (spec) => {
      if (!this.trust) throw new Error('nobody looked');
      const cluster = await this.session.cluster(spec);
      const options = { topology, cluster, reporter: context.reporter, signal: context.signal };
      const all = await ensureClusterTrust(this.trust, options);
      return all.filter(({ object }) => object.name === 'cacerts').map(({ action }) => action);
    });
    return (await Promise.all(changes)).flat();
  }

  get root(): string | undefined {
    return this.trust?.chosen.roots.join(' and ');
  }
}

const placeOf = (cluster: string) => ({
  kind: mesh.server(cluster).store.kindOf('v1', 'Secret'),
  namespace: 'istio-system',
  name: 'cacerts',
});

function cacerts(cluster: string): Record<string, string> {
  const { data = {} } = (mesh.server(cluster).store.find(placeOf(cluster)) ?? {}) as {
    data?: Record<string, string>;
  };
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [name, Buffer.from(value, 'base64').toString()]),
  );
}

/** Roots that clusters trust, each once. */
const roots = () => [
  ...new Set(
    clusters.flatMap((cluster) =>
      parseBundle(cacerts(cluster)['root-cert.pem'] ?? '').map(({ fingerprintSha256 }) => fingerprintSha256),
    ),
  ),
];

describe('of two who bring a new mesh up at once', () => {
  test('the one that comes second takes the root that the first one’s key signed', async () => {
    const [first, second] = [new Operator(), new Operator()];
    await Promise.all([first.looks(), second.looks()]);
    expect(first.root).not.toBe(second.root);
    expect(await first.gives()).toEqual(['create', 'create']);
    const before = clusters.map((cluster) => inspect(cacerts(cluster)['ca-cert.pem'] ?? '').serial);
    expect(await second.gives()).toEqual(['none', 'none']);
    expect([second.root, roots()]).toEqual([first.root, [first.root]]);
    expect(clusters.map((cluster) => inspect(cacerts(cluster)['ca-cert.pem'] ?? '').serial)).toEqual(before);
  });

  test('the one that comes second finishes what the first one began', async () => {
    const [first, second] = [new Operator(), new Operator()];
    await Promise.all([first.looks(), second.looks()]);
    mesh.server('two').mode = 'forbidding';
    await expect(first.gives()).rejects.toMatchObject({ code: 'API_REFUSED' });
    mesh.server('two').mode = 'healthy';
    expect(await second.gives()).toEqual(['none', 'create']);
    expect(roots()).toEqual([first.root]);
  });

  test('whoever writes first, every cluster has one root in the end, and CAs of it', async () => {
    const operators = [new Operator(), new Operator()] as const;
    await Promise.all(operators.map((one) => one.looks()));
    const taken = await Promise.all(operators.map((one) => one.gives()));
    expect(roots()).toHaveLength(1);
    expect(operators.map(({ root }) => root)).toEqual([roots()[0], roots()[0]]);
    for (const at of [0, 1]) expect(taken.map((actions) => actions[at]).sort()).toContain('create');
    for (const cluster of clusters) expect(verifyAuthority(cacerts(cluster))).toEqual([]);
  });
});

describe('an operator who may not use the key', () => {
  beforeEach(async () => {
    const owner = new Operator();
    await owner.looks();
    await owner.gives();
    await aws.emulator.deny('kms:GetPublicKey');
  });
  afterEach(() => aws.emulator.deny());

  const notes = ({ reporter }: Operator) =>
    reporter.events.flatMap((event) => (event.type === 'note' ? [event.code] : []));

  test('is told so, and works on where nothing is due', async () => {
    const other = new Operator();
    await other.looks();
    expect(notes(other)).toEqual(['ROOT_UNAVAILABLE']);
    expect(await other.gives()).toEqual(['none', 'none']);
  });

  test('is refused with what to allow where something is due, and changes nothing', async () => {
    mesh.server('two').store.remove(placeOf('two'));
    const other = new Operator();
    await expect(other.looks()).rejects.toMatchObject({ code: 'AWS_REFUSED' });
    expect(notes(other)).toEqual([]);
  });
});
