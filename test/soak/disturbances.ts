import type { Bed } from '../e2e/bed.ts';

/** Something that happens to a healthy mesh every day. */
export interface Disturbance {
  readonly title: string;
  readonly cause: (bed: Bed, cluster: string) => Promise<void>;
}

async function rolled(
  bed: Bed,
  cluster: string,
  [namespace, name]: readonly [string, string],
): Promise<void> {
  await bed.ok(cluster, ['-n', namespace, 'rollout', 'status', name, '--timeout=120s']);
}

const restart = (namespace: string, name: string): Disturbance => ({
  title: `restart ${namespace}/${name}`,
  cause: async (bed, cluster) => {
    await bed.ok(cluster, ['-n', namespace, 'rollout', 'restart', `deploy/${name}`]);
    await rolled(bed, cluster, [namespace, `deploy/${name}`]);
  },
});

/** Of the Deployment with this label, for helloworld has another version in each cluster. */
const onHelloworld = (title: string, verb: readonly string[]): Disturbance => ({
  title: `${title} sample/helloworld`,
  cause: async (bed, cluster) => {
    const name = await bed.ok(cluster, [
      '-n',
      'sample',
      'get',
      'deploy',
      '-l',
      'app=helloworld',
      '-o',
      'name',
    ]);
    await bed.ok(cluster, ['-n', 'sample', ...verb, name]);
    await rolled(bed, cluster, ['sample', name]);
  },
});

const scale = (namespace: string, name: string, replicas: number): Disturbance => ({
  title: `scale ${namespace}/${name} to ${replicas}`,
  cause: async (bed, cluster) => {
    await bed.ok(cluster, ['-n', namespace, 'scale', `deploy/${name}`, `--replicas=${replicas}`]);
    await rolled(bed, cluster, [namespace, `deploy/${name}`]);
  },
});

/** Each leaves the mesh as it was, or is followed by what undoes it. */
export const disturbances: readonly Disturbance[] = [
  restart('istio-ingress', 'istio-eastwestgateway'),
  onHelloworld('restart', ['rollout', 'restart']),
  restart('istio-system', 'istiod'),
  onHelloworld('scale up', ['scale', '--replicas=3']),
  onHelloworld('scale down', ['scale', '--replicas=1']),
  scale('istio-ingress', 'istio-eastwestgateway', 2),
  scale('istio-ingress', 'istio-eastwestgateway', 1),
  scale('istio-system', 'istiod', 2),
  scale('istio-system', 'istiod', 1),
];
