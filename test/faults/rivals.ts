import type { Bed, Ran } from '../e2e/bed.ts';

export type Rival = 'istioctl' | 'seed';

/** What other means complain of, line by line. */
export type Verdicts = Readonly<Record<Rival, readonly string[]>>;

/**
 * `istioctl analyze` and `remote-clusters`, and the three checks of the README that isthmus came from,
 * in every cluster. A complaint counts if every look repeats it.
 */
export async function rivals(bed: Bed, clusters: readonly string[], looks = 2): Promise<Verdicts> {
  const all: Verdicts[] = [];
  while (all.length < looks) all.push(await look(bed, clusters));
  const always = (rival: Rival) =>
    (all[0]?.[rival] ?? []).filter((line) =>
      all.every((one) => one[rival].some((other) => kindOf(other) === kindOf(line))),
    );
  return { istioctl: always('istioctl'), seed: always('seed') };
}

/** What curl says of one failed request and of the next may differ. */
const kindOf = (line: string): string => line.replace(/(an answer is an error):.*/, '$1');

async function look(bed: Bed, clusters: readonly string[]): Promise<Verdicts> {
  const perCluster = await Promise.all(
    clusters.map(async (cluster) => ({
      istioctl: await istioctl(bed, cluster),
      seed: await seed(bed, cluster),
    })),
  );
  return {
    istioctl: perCluster.flatMap((one) => one.istioctl),
    seed: perCluster.flatMap((one) => one.seed),
  };
}

/** Messages of the analyzers and clusters that are not synced; an error, or no answer, is a complaint too. */
async function istioctl(bed: Bed, cluster: string): Promise<string[]> {
  const analyze = await patiently(bed, ['--context', cluster, 'analyze', '-A', '--color=false']);
  const remotes = await patiently(bed, ['--context', cluster, 'remote-clusters']);
  const messages = analyze.stdout.split('\n').filter((line) => /^(Info|Warning|Error) \[/.test(line));
  const rows = remotes.stdout.split('\n').filter((line) => line.trim() && !line.startsWith('NAME'));
  const unsynced = rows.filter((line) => !/\bsynced\b/.test(line)).map(withoutPod);
  const failed = [analyze, remotes]
    .filter(({ exitCode, stdout }) => exitCode !== 0 && stdout.trim() === '')
    .map(({ stderr }) => stderr.trim().split('\n').at(-1) ?? '');
  return [...messages.map(inOneOrder), ...unsynced, ...failed].map((line) => `${cluster}: ${line}`);
}

/** `analyze` asks every cluster that a remote secret names, and may wait for one of them without end. */
async function patiently(bed: Bed, args: readonly string[]): Promise<Ran> {
  const ran = await bed.tool('istioctl', args, 30_000);
  if (ran.exitCode !== -1) return ran;
  return { ...ran, stderr: `istioctl ${args.slice(2).join(' ')}: no answer within 30 s` };
}

/** Names of clusters come in another order each time. */
const inOneOrder = (line: string): string =>
  line.replace(/\["[^\]]*"\]/g, (list) => `[${list.slice(1, -1).split(' ').sort().join(' ')}]`);

/** The istiod pod has another name after each restart. */
const withoutPod = (row: string): string =>
  row
    .trim()
    .split(/\s+/)
    .filter((word) => !word.startsWith('istiod-'))
    .join(' ');

/** Three looks as the README describes them, and what a person must see to go on. */
async function seed(bed: Bed, cluster: string): Promise<string[]> {
  const looks = [
    await firstTarget(bed, cluster),
    await gatewayEndpoints(bed, cluster),
    await loop(bed, cluster),
  ];
  return looks.flat().map((line) => `${cluster}: ${line}`);
}

/** check-lb-readiness.sh prints the state of the first target; without AWS that is its endpoint’s readiness. */
async function firstTarget(bed: Bed, cluster: string): Promise<string[]> {
  const label = 'kubernetes.io/service-name=istio-eastwestgateway';
  const path = 'jsonpath={.items[0].endpoints[0].conditions.ready}';
  const slices = ['-n', 'istio-ingress', 'get', 'endpointslices', '-l', label, '-o', path];
  const { stdout } = await bed.kubectl(cluster, slices);
  return stdout.trim() === 'true' ? [] : ['the first target of the gateway is not healthy'];
}

/** check-cross-cluster-sync.sh prints sleep’s endpoints of helloworld; an address of a load balancer must be there. */
async function gatewayEndpoints(bed: Bed, cluster: string): Promise<string[]> {
  const args = ['--context', cluster, '-n', 'sample', 'proxy-config', 'endpoints', 'deploy/sleep'];
  const { stdout } = await bed.tool('istioctl', args);
  const rows = stdout.split('\n').filter((line) => line.includes('helloworld'));
  return rows.some((line) => line.includes(':15443'))
    ? []
    : [`no address of the other cluster among the endpoints of helloworld (${rows.length} rows)`];
}

/** Ten requests; the README shows answers of both versions. */
async function loop(bed: Bed, cluster: string): Promise<string[]> {
  const curl =
    'for i in 1 2 3 4 5 6 7 8 9 10; do curl -sS -m 5 helloworld.sample:5000/hello 2>&1; echo; done';
  const exec = ['-n', 'sample', 'exec', 'deploy/sleep', '-c', 'sleep', '--', 'sh', '-c', curl];
  const { stdout, stderr } = await bed.kubectl(cluster, exec);
  const missing = ['v1', 'v2'].filter((version) => !stdout.includes(`version: ${version}`));
  const errors = stdout.split('\n').find((line) => line.trim() && !line.startsWith('Hello'));
  return [
    ...missing.map((version) => `no answer of ${version} in ten`),
    ...(errors
      ? [`an answer is an error: ${errors.replace(/\d+ (ms|milliseconds)/, 'N $1').slice(0, 90)}`]
      : []),
    ...(stdout.trim() ? [] : [`no answer at all: ${stderr.trim().split('\n').at(-1) ?? ''}`]),
  ];
}
