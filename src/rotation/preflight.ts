import { IsthmusError } from '../errors/index.ts';
import { istiodPods, proxyPods, type StartedPod } from '../istio/index.ts';
import { type CertificateInfo, verifyAuthority } from '../pki/index.ts';
import type { MeshCluster } from '../provider/index.ts';
import { wrongClocks } from './clocks.ts';
import { onEach } from './context.ts';
import type { TrustObservation } from './observation.ts';

/** What a running istiod must have been started with, by what is rotated. */
const istiodNeeds = {
  root: { AUTO_RELOAD_PLUGIN_CERTS: 'true', ISTIO_MULTIROOT_MESH: 'true' },
  intermediates: { AUTO_RELOAD_PLUGIN_CERTS: 'true' },
} as const;

export interface PreflightOptions {
  readonly what: keyof typeof istiodNeeds;
  readonly observations: readonly TrustObservation[];
  readonly target: CertificateInfo;
  readonly signal: AbortSignal;
}

/** Who takes part in a mesh from outside, where nothing can be looked at or restarted: one sentence for each cluster. */
export async function outsiders(clusters: readonly MeshCluster[], signal: AbortSignal): Promise<string[]> {
  const found = await onEach(clusters, async ({ spec, kube }) => {
    const entries = await kube.list('networking.istio.io/v1', 'WorkloadEntry', { signal });
    const names = entries.map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`);
    return names.length > 0
      ? [
          `${spec.name}: no gate sees what runs outside of the cluster: restart the proxies of workload entries ${names.join(', ')} before the old root is dropped`,
        ]
      : [];
  });
  return found.flat();
}

interface Obstacle {
  readonly message: string;
  readonly hint: string;
}

/**
 * Refuse what could not be brought to its end, before anything is changed: an istiod that would not
 * take new roots, a proxy that would never hear of them. ROTATION_BLOCKED names every one of them.
 */
export async function preflight(options: PreflightOptions): Promise<void> {
  const { observations } = options;
  const found = await onEach(
    observations.map(({ live }) => live),
    (cluster) => clusterObstacles(cluster, options),
  );
  const all = [...targetObstacles(options), ...observations.flatMap(authorityObstacles), ...found.flat()];
  const [first] = all;
  if (!first) return;
  const more = all.length > 1 ? ` (and ${all.length - 1} more)` : '';
  throw new IsthmusError('ROTATION_BLOCKED', `${first.message}${more}`, { hint: first.hint, problems: all });
}

function targetObstacles({ target, observations }: PreflightOptions): Obstacle[] {
  const others = observations
    .flatMap(({ certificates }) => certificates)
    .filter(({ fingerprintSha256 }) => fingerprintSha256 !== target.fingerprintSha256);
  if (!others.some(({ subject }) => subject === target.subject)) return [];
  return [
    {
      message: `the new root has the same subject as one in place: ${target.subject}`,
      hint: 'give the new root another name: two roots of one name confuse those that build chains',
    },
  ];
}

function authorityObstacles({ cluster, data }: TrustObservation): Obstacle[] {
  return verifyAuthority(data)
    .filter(({ severity }) => severity === 'fail')
    .map(({ message }) => ({
      message: `${cluster}: Secret cacerts: ${message}`,
      hint: 'isthmus up mends it; rotate then',
    }));
}

async function clusterObstacles(cluster: MeshCluster, options: PreflightOptions): Promise<Obstacle[]> {
  const { signal, what } = options;
  const [istiods, proxies, clocks] = await Promise.all([
    istiodPods(cluster, { signal }),
    proxyPods(cluster, { signal }),
    wrongClocks(cluster, { signal }),
  ]);
  const name = cluster.spec.name;
  if (istiods.length === 0)
    return [{ message: `${name}: no istiod runs`, hint: 'isthmus up starts it; rotate then' }];
  return [
    ...clocks.map((message) => ({
      message: `${name}: ${message}`,
      hint: 'set the clocks by the same time service; new certificates would not be valid yet for some, or over for others',
    })),
    ...istiods.flatMap((pod) => istiodObstacles(pod, name, istiodNeeds[what])),
    ...(what === 'root' ? istiods.flatMap((pod) => brokenRelease(pod, name)) : []),
    ...(what === 'root' ? proxies.flatMap((pod) => proxyObstacles(pod, name)) : []),
  ];
}

function istiodObstacles(
  { name, environment }: StartedPod,
  cluster: string,
  needs: Readonly<Record<string, string>>,
): Obstacle[] {
  return Object.entries(needs)
    .filter(([key, value]) => environment[key] !== value)
    .map(([key, value]) => ({
      message: `${cluster}: istiod ${name} runs with ${key}=${environment[key] ?? '(not set)'}, so it would not take new certificates over`,
      hint: `isthmus up sets ${key}=${value} and restarts it; rotate then`,
    }));
}

/** Istio 1.25.1 hands proxies one root of several (istio/istio#55793). */
function brokenRelease({ name, image }: StartedPod, cluster: string): Obstacle[] {
  if (!/:1\.25\.1(?:[-@]|$)/.test(image)) return [];
  return [
    {
      message: `${cluster}: istiod ${name} is of Istio 1.25.1, which hands proxies one root of several`,
      hint: 'take another release of Istio; rotate then',
    },
  ];
}

/** Without the setting an agent never hears of new roots, and its proxy would refuse everybody in the end. */
function proxyObstacles(pod: StartedPod, cluster: string): Obstacle[] {
  const where = `${pod.namespace}/${pod.name}`;
  if (pod.labels['app'] === 'ztunnel')
    return [
      {
        message: `${cluster}: ${where} is ambient’s ztunnel, of which nobody can see which roots it has loaded`,
        hint: 'take namespaces out of ambient mode and ztunnel out of the cluster for the rotation',
      },
    ];
  if (pod.proxyless)
    return [
      {
        message: `${cluster}: ${where} is a gRPC application without a proxy, which gets new roots only when it starts`,
        hint: `take it out of the mesh for the rotation: kubectl --context ${cluster} -n ${pod.namespace} delete pod ${pod.name}`,
      },
    ];
  if (pod.environment['PROXY_CONFIG_XDS_AGENT'] === 'true') return [];
  return [
    {
      message: `${cluster}: the proxy of ${where} runs without PROXY_CONFIG_XDS_AGENT=true, so it would never hear of the new root`,
      hint: `restart it, as it was started before the setting or has it off: kubectl --context ${cluster} -n ${pod.namespace} delete pod ${pod.name}`,
    },
  ];
}
