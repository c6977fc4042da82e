import type { KubeObject } from '../../kubernetes/index.ts';
import type { ServiceSpec, Topology } from '../../topology/index.ts';
import { failoverPolicy, failoverRoutes } from './failover.ts';
import { policyObjects } from './policies.ts';
import { fullHost, metadataOf } from './service-host.ts';
import { shortIdle } from './short-idle.ts';
import { splitConnections, splitRoutes, splitSubsets } from './split.ts';

/** What is wanted of Services, in the order in which it may be told. */
export interface ServiceObjects {
  /** DestinationRules and policies: true of endpoints, and to be there before a route names a subset. */
  readonly rules: readonly KubeObject[];
  /** VirtualServices. */
  readonly routes: readonly KubeObject[];
}

/** Everything that is wanted of the file's Services, the same for every primary. */
export function serviceObjects(topology: Topology): ServiceObjects {
  return {
    rules: topology.services.flatMap((service) => rulesOf(topology, service)),
    routes: topology.services.flatMap(routesOf),
  };
}

/** What is wanted of one Service. */
export function objectsOfService(topology: Topology, service: ServiceSpec): KubeObject[] {
  return [...rulesOf(topology, service), ...routesOf(service)];
}

function rulesOf(topology: Topology, service: ServiceSpec): KubeObject[] {
  return [...destinationRule(topology, service), ...policyObjects(topology, service)];
}

/** Told to every namespace: a gateway that does not see a subset knows no such SNI and resets requests. */
const exportTo = () => ['*'];

function destinationRule(topology: Topology, service: ServiceSpec): KubeObject[] {
  const { failover, split } = service;
  if (!failover && !split) return [];
  return [
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'DestinationRule',
      metadata: metadataOf(service),
      spec: {
        host: fullHost(service),
        exportTo: exportTo(),
        trafficPolicy: failover ? failoverPolicy(topology, service) : { connectionPool: { http: shortIdle } },
        ...(split ? { subsets: splitSubsets(split) } : {}),
      },
    },
  ];
}

function routesOf(service: ServiceSpec): KubeObject[] {
  const { failover, split } = service;
  if (!failover && !split) return [];
  const host = fullHost(service);
  return [
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: metadataOf(service),
      spec: {
        hosts: [host],
        exportTo: exportTo(),
        ...(split
          ? { http: splitRoutes(host, split), tcp: splitConnections(host, split) }
          : { http: failoverRoutes(host) }),
      },
    },
  ];
}
