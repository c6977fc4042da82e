import { covers, isInjected, meshConfigs, statedClusterLocal } from '../../istio/index.ts';
import type { Service } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { type Finding, groupBy, skip } from '../../report/index.ts';
import { defineCheck } from '../engine/check.ts';
import { type Findings, failures, merge, verdict, warnings } from '../engine/findings.ts';
import { namespacedNameOf } from '../facts/istio-objects.ts';
import { ownGateways } from '../facts/own-gateways.ts';

export const servicePorts = defineCheck({
  id: 'service-ports',
  title: 'a Service that several clusters share has the same ports in each',
  scope: 'mesh',
  severity: 'error',
  needs: ['clusters'],
  cause:
    'istiod joins the endpoints of clusters by the name of the port, and takes its number from one of them',
  inspect: ['kubectl --context CLUSTER get services -A -o wide'],
  fix: 'give the Service the same port names and numbers in every cluster',
  timeoutMs: 15_000,
  async run({ clusters, signal }) {
    if (clusters.length < 2) return skip('the mesh has one cluster');
    const shared = sharedServices(await Promise.all(clusters.map((cluster) => read(cluster, signal))));
    const found = merge(shared.map(portFindings));
    const detail = `${shared.length} shared Services have the same ports in each cluster`;
    return verdict(found, { detail, looked: shared.length, nothing: 'no Service is in several clusters' });
  },
});

export interface ServicePort {
  /** Empty if it has none, which is a name like another to istiod. */
  readonly name: string;
  readonly port: number;
}

/** A Service as one cluster has it. */
export interface ServiceCopy {
  readonly cluster: string;
  /** `namespace/name`. */
  readonly key: string;
  readonly ports: readonly ServicePort[];
}

export interface PortFacts {
  /** Of namespaces with sidecars, without what the mesh configuration keeps in its cluster. */
  readonly copies: readonly ServiceCopy[];
}

async function read({ spec, kube }: MeshCluster, signal: AbortSignal): Promise<PortFacts> {
  const [namespaces, all, configs] = await Promise.all([
    kube.list('v1', 'Namespace', { signal }),
    kube.list<Service>('v1', 'Service', { signal }),
    meshConfigs(kube, { signal }),
  ]);
  const injected = new Set(namespaces.filter(isInjected).map(({ metadata }) => metadata?.name));
  const local = configs.map(statedClusterLocal);
  const isShared = ({ metadata, spec: { type } = {} }: Service) => {
    const { namespace = '', name = '' } = metadata ?? {};
    const host = `${name}.${namespace}.svc.cluster.local`;
    const kept = local.length > 0 && local.every((hosts) => hosts.some((pattern) => covers(pattern, host)));
    return injected.has(namespace) && !ownGateways.includes(name) && type !== 'ExternalName' && !kept;
  };
  const copies = all.filter(isShared).map((service) => ({
    cluster: spec.name,
    key: namespacedNameOf(service),
    ports: (service.spec?.ports ?? []).map(({ name = '', port }) => ({ name, port })),
  }));
  return { copies };
}

/** Services that more than one cluster has, with all their copies. */
export function sharedServices(observations: readonly PortFacts[]): (readonly ServiceCopy[])[] {
  const all = observations.flatMap(({ copies }) => copies);
  return [...groupBy(all, ({ key }) => key).values()].filter((copies) => copies.length > 1);
}

/** Where copies of one Service differ from the ports that most of them have. */
export function portFindings(copies: readonly ServiceCopy[]): Findings {
  const usual = mostUsual(copies);
  return merge(
    copies.filter((copy) => written(copy) !== written(usual)).map((copy) => difference(copy, usual)),
  );
}

/** The first of those whose ports most copies have. */
function mostUsual(copies: readonly ServiceCopy[]): ServiceCopy {
  const count = ({ ports }: ServiceCopy) =>
    copies.filter((one) => written(one) === written({ ports })).length;
  return copies.reduce((best, one) => (count(one) > count(best) ? one : best));
}

const written = ({ ports }: Pick<ServiceCopy, 'ports'>): string =>
  ports
    .map(({ name, port }) => `${name || '(no name)'}:${port}`)
    .sort()
    .join(', ');

function difference(copy: ServiceCopy, usual: ServiceCopy): Findings {
  const names = new Set(copy.ports.map(({ name }) => name));
  const lost = usual.ports.filter(({ name }) => !names.has(name));
  const finding: Finding = {
    cluster: copy.cluster,
    object: `Service ${copy.key}`,
    message: `has the ports ${written(copy)}, in ${usual.cluster} it has ${written(usual)}`,
    cause: lost.length > 0 ? causeOfNames(copy, usual) : causeOfNumbers(copy, usual),
    fix: `give it the ports ${written(usual)} in ${copy.cluster}, or those of ${copy.cluster} everywhere`,
  };
  return lost.length > 0 ? failures(finding) : warnings(finding);
}

const causeOfNames = (copy: ServiceCopy, usual: ServiceCopy): string =>
  `endpoints are joined by the port’s name, so requests from ${usual.cluster} get no pod of ${copy.cluster} for it`;

const causeOfNumbers = (copy: ServiceCopy, usual: ServiceCopy): string =>
  `callers know the numbers of their own cluster alone, so a caller that moves from ${usual.cluster} to ${copy.cluster} finds its port gone`;
