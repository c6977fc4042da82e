import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NotReady, waitUntil } from '../../src/process/index.ts';
import type { StatusReport } from '../../src/report/index.ts';
import { Bed, type CheckReport, localMesh, root } from './bed.ts';
import { kubeconfigOfTokens } from './kubeconfigs.ts';
import { lossLines, steadyLoad } from './steady-load.ts';

const bed = new Bed('tokens');

/** isthmus with API servers that grant a day. */
async function isthmus(...args: readonly string[]) {
  const command = ['test/e2e/support/capped-isthmus.ts', '-f', bed.file, ...args];
  const { exitCode, stdout, stderr } = await execa('node_modules/.bin/tsx', command, {
    cwd: root,
    env: bed.env,
    reject: false,
    stdin: 'ignore',
  });
  return { exitCode, stdout, stderr };
}

let made: Awaited<ReturnType<typeof isthmus>>;
beforeAll(async () => {
  await bed.write(localMesh('tokens', 2));
  made = await isthmus('up', '--events', 'plain', '--no-check');
  if (made.exitCode !== 0) throw new Error(`the bed did not come up: ${made.stderr}`);
  await isthmus('contexts');
}, 900_000);
afterAll(() => isthmus('down'));

const system = (...args: readonly string[]) => ['-n', 'istio-system', ...args];

async function held(holder: string, target: string): Promise<string> {
  const path = `jsonpath={.data.${target}}`;
  const secret = system('get', 'secret', `istio-remote-secret-${target}`, '-o', path);
  const kubeconfig = Buffer.from(await bed.ok(holder, secret), 'base64').toString('utf8');
  return /token: (\S+)/.exec(kubeconfig)?.[1] ?? '';
}

/** Subjects of a check and how each ended. */
async function verdicts(check: string): Promise<string[]> {
  const { stdout } = await isthmus('check', check, '-o', 'json');
  const { results } = JSON.parse(stdout) as CheckReport;
  return results.map(({ subject, outcome }) => `${subject} ${outcome.status}`);
}

describe('an API server that grants a day', () => {
  it('grants a day where ninety are asked for', async () => {
    const token = await bed.ok(
      'eks-1',
      system('create', 'token', 'istio-reader-service-account', '--duration=2160h'),
    );
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
    expect(claims.exp - claims.iat).toBe(86_400);
  });

  it('makes auto give every holder a token that lives by a Secret of its own, and say so', async () => {
    expect(
      made.stderr.match(/granted eks-\d 1\.0 of the 90 days asked for; its token lives by Secret/g),
    ).toHaveLength(2);
    const status = JSON.parse((await isthmus('status', '-o', 'json')).stdout) as StatusReport;
    expect(status.clusters.flatMap(({ remotes }) => remotes)).toMatchObject([
      { peer: 'eks-2', synced: true, token: { access: 'secret' } },
      { peer: 'eks-1', synced: true, token: { access: 'secret' } },
    ]);
    expect(await verdicts('secrets')).toEqual(['eks-1 pass', 'eks-2 pass']);
    const again = await isthmus('up', '--no-check', '-o', 'json');
    expect([again.exitCode, JSON.parse(again.stdout)]).toMatchObject([0, { changes: [] }]);
  });
});

describe('a holder’s token', () => {
  it('may do what docs/istio.md lists and nothing else', async () => {
    const token = await held('eks-1', 'eks-2');
    const kubeconfig = await kubeconfigOfTokens(bed, new Map([['eks-2', token]]));
    const nobody = await kubeconfigOfTokens(
      bed,
      new Map([['eks-2', await bed.ok('eks-2', ['-n', 'default', 'create', 'token', 'default'])]]),
    );
    const can = async (path: string) => {
      const ran = await bed.tool('kubectl', [
        '--kubeconfig',
        path,
        ...system('auth', 'can-i', '--list', '--no-headers'),
      ]);
      if (ran.exitCode !== 0) throw new Error(ran.stderr);
      return ran.stdout.split('\n').map((line) => line.trim().replace(/\s+/g, ' '));
    };
    const everybody = await can(nobody);
    const own = (await can(kubeconfig)).filter((line) => !everybody.includes(line)).sort();
    expect(own).toEqual([
      'configmaps [] [istio] [get list watch]',
      'customresourcedefinitions.apiextensions.k8s.io [] [] [get list watch]',
      'endpointslices.discovery.k8s.io [] [] [get list watch]',
      'gateways.gateway.networking.k8s.io [] [] [get list watch]',
      'namespaces [] [] [get list watch]',
      'nodes [] [] [get list watch]',
      'pods [] [] [get list watch]',
      'secrets [] [] [list watch]',
      'services [] [] [get list watch]',
      'workloadentries.networking.istio.io [] [] [get list watch]',
    ]);
    const page = await readFile(new URL('../../docs/istio.md', import.meta.url), 'utf8');
    for (const line of own) expect(page).toContain(line);
  });
});

describe('a holder’s token that lives by a Secret', () => {
  it('ends with its one Secret, for that holder alone', async () => {
    const label = 'isthmus.io/remote-secret-holder=eks-1';
    expect(await bed.ok('eks-2', system('get', 'secret', '-l', label, '-o', 'name'))).toMatch(/^secret\S+$/);
    await bed.ok('eks-2', system('delete', 'secret', '-l', label));
    await expect.poll(() => verdicts('secrets'), { timeout: 60_000 }).toEqual(['eks-1 fail', 'eks-2 pass']);
    // What istiod watches already goes on; one that starts is refused.
    await bed.ok('eks-1', system('delete', 'pod', '-l', 'app=istiod', '--wait=true'));
    await bed.ok('eks-1', system('rollout', 'status', 'deployment/istiod', '--timeout=120s'));
    expect(await verdicts('remotes')).toEqual(['eks-1 fail', 'eks-2 pass']);
    const renewed = await isthmus('renew', '-o', 'json');
    expect([renewed.exitCode, JSON.parse(renewed.stdout)]).toMatchObject([
      0,
      { summary: { good: 3, renewed: 1 } },
    ]);
    await expect.poll(() => verdicts('remotes'), { timeout: 60_000 }).toEqual(['eks-1 pass', 'eks-2 pass']);
  });
});

/** Seconds that an answer of eks-2 takes for requests that ask for it: longer than it takes to make a peer forget. */
const SLOW = 40;

/** eks-2's own sidecars hold such an answer back, so the request is on its way over the gateway all the time. */
const slowAnswers = {
  apiVersion: 'networking.istio.io/v1alpha3',
  kind: 'EnvoyFilter',
  metadata: { name: 'slow-answers', namespace: 'sample' },
  spec: {
    workloadSelector: { labels: { app: 'helloworld' } },
    configPatches: [
      {
        applyTo: 'HTTP_FILTER',
        match: {
          context: 'SIDECAR_INBOUND',
          listener: {
            filterChain: {
              filter: {
                name: 'envoy.filters.network.http_connection_manager',
                subFilter: { name: 'envoy.filters.http.router' },
              },
            },
          },
        },
        patch: {
          operation: 'INSERT_BEFORE',
          value: {
            name: 'slow-answers',
            typed_config: {
              '@type': 'type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault',
              delay: { fixed_delay: `${SLOW}s`, percentage: { numerator: 100 } },
              headers: [{ name: 'x-slow', string_match: { exact: 'yes' } }],
            },
          },
        },
      },
    ],
  },
};

/** `code seconds` of requests that eks-1 sends, three a second for so long, once all of them have ended. */
async function slowRequests(seconds: number): Promise<{ code: string; seconds: number }[]> {
  const one = `curl -s -o /dev/null -m 120 -H 'x-slow: yes' -w '%{http_code} %{time_total}\\n' http://helloworld:5000/hello`;
  const script = `n=0; while [ $n -lt ${seconds * 3} ]; do ${one} & n=$((n+1)); sleep 0.33; done; wait`;
  const command = ['-n', 'sample', 'exec', 'deploy/sleep', '-c', 'sleep', '--', 'sh', '-c', script];
  const { stdout, stderr } = await bed.tool('kubectl', ['--context', 'eks-1', ...command], 300_000);
  const lines = stdout.split('\n').filter(Boolean);
  if (lines.length === 0) throw new Error(stderr);
  return lines.map((line) => ({ code: line.split(' ')[0] ?? '', seconds: Number(line.split(' ')[1]) }));
}

// After the above eks-1's istiod has what it was first refused, which it does not let go of by itself.
describe('down of one cluster', () => {
  beforeAll(async () => {
    const filter = join(bed.folder, 'slow-answers.json');
    await writeFile(filter, JSON.stringify(slowAnswers));
    await bed.ok('eks-2', ['apply', '-f', filter]);
    await waitUntil({ what: 'slow answers of eks-2', timeoutMs: 120_000 }, async () => {
      const taken = (await slowRequests(2)).map(({ seconds }) => seconds);
      if (Math.max(...taken) < SLOW - 1) throw new NotReady(taken.join(' '));
    });
  });

  it('loses none of the requests that another sends, nor of those that are on their way', async () => {
    const load = await steadyLoad(bed, ['eks-1'], 20);
    const onTheirWay = slowRequests(40);
    const down = await isthmus('--events', 'plain', 'down', 'eks-2', '-o', 'json');
    const report = await load.stop();
    expect(down.exitCode, down.stderr).toBe(0);
    expect(JSON.parse(down.stdout)).toMatchObject({ removed: ['eks-2'], leftovers: [] });
    expect(lossLines(report)).toEqual([]);
    const slow = await onTheirWay;
    expect(slow.filter(({ code }) => code !== '200')).toEqual([]);
    expect(slow.filter(({ seconds }) => seconds > SLOW - 1).length).toBeGreaterThan(3);
    expect(down.stderr).toContain('istiod is restarted');
  });
});
