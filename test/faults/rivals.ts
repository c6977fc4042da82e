import type { Bed } from '../e2e/bed.ts';

/** What other means say of a mesh: each name with what it complains about, if it does. */
export type Verdicts = Readonly<Record<'istioctl' | 'seed', string[]>>;

/** `istioctl analyze` and `remote-clusters`, and the three checks that people run by hand, in every cluster. */
export async function rivals(bed: Bed, clusters: readonly string[]): Promise<Verdicts> {
  const found = await Promise.all(
    clusters.flatMap((cluster) => [
      istioctl(bed, cluster).then((lines) => ({ istioctl: lines, seed: [] as string[] })),
      seed(bed, cluster).then((lines) => ({ istioctl: [] as string[], seed: lines })),
    ]),
  );
  return {
    istioctl: found.flatMap((one) => one.istioctl),
    seed: found.flatMap((one) => one.seed),
  };
}

async function istioctl(bed: Bed, cluster: string): Promise<string[]> {
  const [analyze, remotes] = await Promise.all([
    bed.tool('istioctl', ['--context', cluster, 'analyze', '-A', '--color=false']),
    bed.tool('istioctl', ['--context', cluster, 'remote-clusters']),
  ]);
  const warnings = analyze.stdout.split('\n').filter((line) => /^(Warning|Error) \[/.test(line));
  const rows = remotes.stdout.split('\n').slice(1).filter(Boolean);
  const unsynced = rows.filter((line) => !/\bsynced\b/.test(line));
  const failed = [analyze, remotes].filter((one) => one.exitCode !== 0 && one.stdout === '');
  return [...warnings, ...unsynced, ...failed.map((one) => one.stderr)];
}

/** First target healthy, a gateway’s address among the healthy endpoints, both versions in ten answers. */
async function seed(bed: Bed, cluster: string): Promise<string[]> {
  const [target, endpoints, answers] = await Promise.all([
    firstTarget(bed, cluster),
    bed.tool('istioctl', ['--context', cluster, '-n', 'sample', 'proxy-config', 'endpoints', 'deploy/sleep']),
    loop(bed, cluster),
  ]);
  const healthy = endpoints.stdout
    .split('\n')
    .filter((line) => /helloworld/.test(line) && /HEALTHY/.test(line));
  const complaints: string[] = [];
  if (target !== 'true') complaints.push(`${cluster}: first target is not healthy`);
  if (!healthy.some((line) => line.includes(':15443')))
    complaints.push(`${cluster}: no address of the other cluster`);
  if (!/version: v1/.test(answers) || !/version: v2/.test(answers))
    complaints.push(`${cluster}: answers of one version only`);
  return complaints;
}

/** Without AWS the state of a target is whether the endpoint behind it is ready. */
async function firstTarget(bed: Bed, cluster: string): Promise<string> {
  const label = 'kubernetes.io/service-name=istio-eastwestgateway';
  const path = 'jsonpath={.items[0].endpoints[0].conditions.ready}';
  const slices = ['-n', 'istio-ingress', 'get', 'endpointslices', '-l', label, '-o', path];
  return (await bed.kubectl(cluster, slices)).stdout.trim();
}

async function loop(bed: Bed, cluster: string): Promise<string> {
  const curl = 'for i in 1 2 3 4 5 6 7 8 9 10; do curl -sS -m 5 helloworld.sample:5000/hello; done';
  const exec = ['-n', 'sample', 'exec', 'deploy/sleep', '-c', 'sleep', '--', 'sh', '-c', curl];
  return (await bed.kubectl(cluster, exec)).stdout;
}
