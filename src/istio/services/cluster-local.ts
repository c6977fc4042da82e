import type { MeshConfig } from '../observe/mesh-config.ts';

/** One host, which may begin with `*`, as an istiod holds it. */
export interface HostSetting {
  readonly host: string;
  /** Its endpoints are for callers of their own cluster alone. */
  readonly kept: boolean;
  /** The mesh configuration does not say it; Istio has it so. */
  readonly byDefault: boolean;
}

/** All that one istiod holds of which hosts it keeps in their cluster. */
export type ClusterLocal = readonly HostSetting[];

const domain = 'svc.cluster.local';
const usualDiscoveryAddress = 'istiod.istio-system.svc:15012';

/**
 * What an istiod makes of its serviceSettings, as `onMeshUpdated` of istio.io/istio
 * pilot/pkg/model/cluster_local.go: of one host the last word counts, settings that say nothing are an
 * exception like `clusterLocal: false`, and an exception for one host of a default takes all of that default away.
 */
export function clusterLocalOf(config: MeshConfig): ClusterLocal {
  const stated = new Map<string, boolean>();
  for (const { settings, hosts } of config.serviceSettings ?? [])
    for (const host of hosts ?? []) stated.set(host, settings?.clusterLocal === true);
  const excepted = (config.serviceSettings ?? []).flatMap(({ settings, hosts }) =>
    settings?.clusterLocal === true ? [] : (hosts ?? []),
  );
  const defaults = defaultHosts(config).filter((host) => !excepted.some((one) => overrides(one, host)));
  const own = [...stated].filter(([host]) => !defaults.includes(host));
  return [
    ...own.map(([host, kept]) => ({ host, kept, byDefault: false })),
    ...defaults.map((host) => ({ host, kept: true, byDefault: !stated.has(host) })),
  ];
}

function defaultHosts({ defaultConfig }: MeshConfig): string[] {
  const address = defaultConfig?.discoveryAddress ?? usualDiscoveryAddress;
  const discovery = /^([^:]+):\d+$/.exec(address)?.[1];
  return [
    `*.kube-system.${domain}`,
    `kubernetes.default.${domain}`,
    ...(discovery ? [discovery.endsWith('cluster.local') ? discovery : `${discovery}.cluster.local`] : []),
  ];
}

const overrides = (exception: string, host: string): boolean =>
  exception === host || (host.startsWith('*') && exception.endsWith(host.slice(1)));

/** The setting that decides about a host, the most specific one; undefined if none is about it. */
export function settingOf(settings: ClusterLocal, host: string): HostSetting | undefined {
  const exact = settings.find((one) => one.host === host);
  if (exact) return exact;
  const name = host.startsWith('*') ? host.slice(1) : host;
  const [longest] = settings
    .filter((one) => one.host.startsWith('*') && name.endsWith(one.host.slice(1)))
    .sort((a, b) => b.host.length - a.host.length);
  return longest;
}

/** Was an istiod told to keep a host, and does so not only because Istio does? */
export function isToldToKeep(settings: ClusterLocal, host: string): boolean {
  const setting = settingOf(settings, host);
  return setting?.kept === true && !setting.byDefault;
}

/** Does an istiod give a host's endpoints to callers of their own cluster alone? */
export const isClusterLocal = (settings: ClusterLocal, host: string): boolean =>
  settingOf(settings, host)?.kept ?? false;

/** Do all istiods of a cluster, of which there is one at least? */
export const isClusterLocalForAll = (revisions: readonly ClusterLocal[], host: string): boolean =>
  revisions.length > 0 && revisions.every((settings) => isClusterLocal(settings, host));
