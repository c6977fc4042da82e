import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NotReady, waitUntil } from '../../../src/process/index.ts';
import { type LoadReport, silentReporter } from '../../../src/report/index.ts';
import { type LoadBeside, loadBeside } from '../../../src/rotation/load-beside.ts';
import { sharedBed } from '../bed.ts';
import { lossLines, meshClusters } from '../steady-load.ts';

const bed = sharedBed();
const names = ['eks-1', 'eks-2'];
const gateways = ['-n', 'istio-ingress'] as const;
const samples = ['-n', 'sample'] as const;
const eastWest = 'app=istio-eastwestgateway';

/**
 * Requests a second of each ordered pair: half over kept connections, half over new ones between the proxies. At 50,
 * they and the proxies take one and a half of two processors that other tests need too, and of a quarter of a million
 * requests, none of them lost, the slowest took 4 of the 5 s that a request is given.
 */
const RATE = 20;

let beside: LoadBeside;
let report: LoadReport | undefined;
const { signal } = new AbortController();

beforeAll(async () => {
  beside = await loadBeside({
    clusters: await meshClusters(bed, names),
    rate: RATE,
    reporter: silentReporter,
    signal,
  });
});

afterAll(async () => {
  if (!report) await beside.abandon();
});

describe('pods that move while requests go over every ordered pair', () => {
  it('are replaced: east-west gateways and helloworld by a roll-out, a gateway by its deletion', async () => {
    await beside.load.mark('before');
    await beside.load.mark('roll-out of the east-west gateways');
    await everywhere((name) =>
      rollOut(name, gateways, { deployment: 'istio-eastwestgateway', app: eastWest }),
    );
    await beside.load.mark('roll-out of helloworld');
    // One cluster after the other, as people do: a request that meets a pod's last moment is sent again elsewhere.
    for (const [at, name] of names.entries())
      await rollOut(name, samples, { deployment: `helloworld-v${at + 1}`, app: 'app=helloworld' });
    await beside.load.mark('deletion of a gateway pod');
    const old = await podsOf('eks-2', gateways, eastWest);
    await bed.ok('eks-2', [...gateways, 'delete', 'pod', '-l', eastWest, '--wait=false']);
    await replaced('eks-2', gateways, { app: eastWest, old });
    await beside.load.mark('after');
    report = await beside.finish();
  });

  it('cost no request, and no new connection between the proxies fails', () => {
    expect(lossLines(report)).toEqual([]);
    expect(report).toMatchObject({ lost: 0, failedConnections: 0 });
  });

  it('were watched by as many requests as were due, fresh ones as well, in every stretch', () => {
    const { sent: all = 0, newConnections = 0, seconds = 0, periods = [] } = report ?? {};
    expect(all).toBeGreaterThan(0.9 * RATE * names.length ** 2 * seconds);
    expect(newConnections).toBeGreaterThan(0.1 * all);
    for (const { name, sent } of periods.filter(({ name }) => name.includes('of ')))
      expect(sent, name).toBeGreaterThan(1_000);
    expect(periods.map(({ name }) => name)).toEqual(
      expect.arrayContaining([
        'roll-out of the east-west gateways',
        'roll-out of helloworld',
        'deletion of a gateway pod',
      ]),
    );
  });
});

const everywhere = (act: (name: string) => Promise<void>) => Promise.all(names.map(act));

type Namespace = readonly string[];

const podsOf = async (cluster: string, namespace: Namespace, app: string): Promise<string[]> =>
  (await bed.ok(cluster, [...namespace, 'get', 'pods', '-l', app, '-o', 'name'])).split('\n').filter(Boolean);

async function rollOut(
  cluster: string,
  namespace: Namespace,
  { deployment, app }: { readonly deployment: string; readonly app: string },
): Promise<void> {
  const old = await podsOf(cluster, namespace, app);
  await bed.ok(cluster, [...namespace, 'rollout', 'restart', `deployment/${deployment}`]);
  await bed.ok(cluster, [...namespace, 'rollout', 'status', `deployment/${deployment}`, '--timeout=110s']);
  await replaced(cluster, namespace, { app, old });
}

/** A pod that ends loses what it loses at its end, so each of the old ones has to be gone. */
async function replaced(
  cluster: string,
  namespace: Namespace,
  { app, old }: { readonly app: string; readonly old: readonly string[] },
): Promise<void> {
  expect(old.length, `${cluster} ${app}`).toBeGreaterThan(0);
  await waitUntil({ what: `pods of ${app} in ${cluster} to end`, timeoutMs: 100_000, signal }, async () => {
    const now = await podsOf(cluster, namespace, app);
    const left = now.filter((pod) => old.includes(pod));
    if (left.length > 0)
      throw new NotReady(`${left.join(', ')} still ${left.length > 1 ? 'are' : 'is'} there`);
    if (now.length < old.length) throw new NotReady('the new ones are not there yet');
  });
}
