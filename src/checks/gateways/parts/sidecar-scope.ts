import { covers, type MeshConfig, type RunningPod } from '../../../istio/index.ts';
import { type Service, type Sidecar, selects } from '../../../kubernetes/index.ts';
import type { MeshCluster } from '../../../provider/index.ts';
import type { Finding } from '../../../report/index.ts';
import { DEFAULT_ISTIO_NAMESPACE } from '../../../topology/index.ts';
import type { CheckRunContext } from '../../engine/check.ts';
import { serviceHost } from '../../facts/crossing-services.ts';
import { exportsOf, isSeenFrom } from '../../facts/exports.ts';
import { nameOf } from '../../facts/objects.ts';
import { sampleService } from '../../facts/sample-service.ts';

/**
 * Clients of the sample whose Sidecar leaves the sample out. What other pods call nobody states, so
 * of them nothing is said.
 */
export async function hiddenFromCallers(
  cluster: MeshCluster,
  { topology, facts }: CheckRunContext,
): Promise<{ readonly found: Finding[]; readonly looked: number }> {
  if (!topology.samples) return { found: [], looked: 0 };
  const [clients, services, sidecars, configs] = await Promise.all([
    facts.samplePods(cluster, 'sleep'),
    facts.objects<Service>(cluster, 'v1', 'Service'),
    facts.objects<Sidecar>(cluster, 'networking.istio.io/v1', 'Sidecar'),
    facts.meshConfigs(cluster),
  ]);
  const { namespace, name } = sampleService;
  const service = services.find(
    ({ metadata }) => metadata?.namespace === namespace && metadata.name === name,
  );
  if (!service) return { found: [], looked: 0 };
  const found = clients.flatMap((client) =>
    scopeFindings(cluster.spec.name, { client, service, sidecars, configs }),
  );
  return { found: [...new Map(found.map((one) => [one.object, one])).values()], looked: clients.length };
}

interface Scope {
  readonly client: Pick<RunningPod, 'namespace' | 'labels'>;
  readonly service: Service;
  readonly sidecars: readonly Sidecar[];
  readonly configs: readonly MeshConfig[];
}

/** A service that a client does not see: its requests then go past the mesh to the pods of its own cluster. */
export function scopeFindings(cluster: string, { client, service, sidecars, configs }: Scope): Finding[] {
  const home = service.metadata?.namespace ?? '';
  const host = serviceHost(service);
  return configs.flatMap((config): Finding[] => {
    // That it is exported to nobody here is seen by whoever asks its gateway.
    if (!isSeenFrom(exportsOf(service, config), { home, namespace: client.namespace })) return [];
    const sidecar = sidecarOf(client, sidecars, config);
    const hosts = egressHosts(sidecar);
    if (!sidecar || hosts.length === 0) return [];
    if (hosts.some((entry) => imports(entry, { host, home, namespace: client.namespace }))) return [];
    return [
      {
        cluster,
        object: nameOf('Sidecar', sidecar),
        message: `leaves out ${host}, so its clients’ requests go past the mesh, to pods of ${cluster} alone`,
        evidence: `egress hosts ${hosts.join(', ')}`,
        cause:
          'a sidecar sends what it does not know straight to the Service’s address, past mutual TLS, which pods may insist on, and past every other cluster; where outboundTrafficPolicy is REGISTRY_ONLY it refuses it',
        fix: `add "${home}/${host}" to the egress hosts of ${nameOf('Sidecar', sidecar)}`,
      },
    ];
  });
}

/** The one that counts: the workload's, its namespace's, the mesh's; of several the oldest. */
function sidecarOf(
  { namespace, labels }: Scope['client'],
  sidecars: readonly Sidecar[],
  { rootNamespace = DEFAULT_ISTIO_NAMESPACE }: MeshConfig,
): Sidecar | undefined {
  const oldest = sidecars.toSorted((a, b) => madeAt(a) - madeAt(b));
  const own = oldest.filter(({ metadata }) => metadata?.namespace === namespace);
  const isWide = ({ spec }: Sidecar) => spec?.workloadSelector === undefined;
  return (
    own.find(({ spec }) => selects(spec?.workloadSelector?.labels, labels)) ??
    own.find(isWide) ??
    oldest.find((one) => one.metadata?.namespace === rootNamespace && isWide(one))
  );
}

const madeAt = ({ metadata }: Sidecar): number => new Date(metadata?.creationTimestamp ?? 0).getTime();

/** None where nothing is stated, which leaves everything in. */
const egressHosts = (sidecar: Sidecar | undefined): string[] =>
  (sidecar?.spec?.egress ?? []).flatMap(({ hosts = [] }) => hosts);

/** Does `namespace/host` of a Sidecar stand for this host? */
function imports(
  entry: string,
  { host, home, namespace }: { readonly host: string; readonly home: string; readonly namespace: string },
): boolean {
  const [place = '', pattern = ''] = entry.split('/');
  const there = place === '*' || place === home || (place === '.' && home === namespace);
  return there && covers(pattern, host);
}
