import { IsthmusError } from '../../errors/index.ts';
import type { KubeObject } from '../../kubernetes/index.ts';
import {
  type ClusterSpec,
  DEFAULT_ISTIO_NAMESPACE,
  type GatewayName,
  istioNamespaceOf,
  peersRange,
  type SourceRange,
  type Topology,
} from '../../topology/index.ts';
import { EAST_WEST_GATEWAY, EAST_WEST_PORT, INGRESS_NAMESPACE, NETWORK_LABEL } from '../names.ts';
import { sharedHosts } from '../services/shared-hosts.ts';
import { httpConnections } from './http-connections.ts';
import { type InstallOptions, spread } from './operator.ts';

interface Template {
  readonly metadata?: {
    readonly labels?: Record<string, string>;
    readonly annotations?: Record<string, string>;
  };
  readonly spec?: Record<string, unknown>;
}

/**
 * Charts' gateway objects with what charts have no value for, the Gateway that lets networks in, who it lets in,
 * and how long connections through it last.
 */
export function gatewayObjects(charted: readonly KubeObject[], plan: InstallOptions): KubeObject[] {
  return [
    ...charted.map((object) => decorate(object, plan)),
    crossNetworkGateway(plan.topology),
    meshWideMtls(plan),
    ...httpConnections(plan.spec),
  ];
}

function decorate(object: KubeObject, plan: InstallOptions): KubeObject {
  if (object.kind === 'Service') return decorateService(object, plan);
  return object.kind === 'Deployment' ? decorateDeployment(object, plan) : object;
}

/**
 * Only the east-west gateway's Service gets the network label: istiod takes every Service that has
 * it for a way into that network.
 */
function decorateService(object: KubeObject, { spec, capabilities }: InstallOptions): KubeObject {
  const name = gatewayNameOf(object);
  const eastWest = name === 'eastWest';
  const { annotations, podTargets, ...provider } = capabilities.loadBalancers[name];
  const { sourceRanges, ...stated } = spec.gateways[name];
  const loadBalancerClass = stated.class ?? provider.class;
  return {
    ...object,
    metadata: {
      ...object.metadata,
      labels: { ...object.metadata?.labels, ...(eastWest ? { [NETWORK_LABEL]: spec.network } : {}) },
      annotations: { ...object.metadata?.annotations, ...annotations, ...stated.annotations },
    },
    spec: {
      ...(object['spec'] as object),
      ...(loadBalancerClass ? { loadBalancerClass } : {}),
      // They would differ from cluster to cluster, which Istio's analysis takes for a fault.
      ...((stated.nodePorts ?? !podTargets) ? {} : { allocateLoadBalancerNodePorts: false }),
      ...(sourceRanges.length > 0 ? { loadBalancerSourceRanges: rangesOf(sourceRanges) } : {}),
    },
  };
}

/** What `peers` stands for is asked of providers before; left as it is, it would be no block at all. */
function rangesOf(ranges: readonly SourceRange[]): string[] {
  if (ranges.includes(peersRange)) throw new IsthmusError('BUG', 'nobody said what peers stands for');
  return ranges.map(String);
}

function decorateDeployment(object: KubeObject, plan: InstallOptions): KubeObject {
  const { template, ...rest } = object['spec'] as { template: Template };
  const { spec, capabilities } = plan;
  const app = object.metadata?.name ?? '';
  const { deregistrationSeconds } = capabilities.loadBalancers[gatewayNameOf(object)];
  return {
    ...object,
    spec: {
      ...rest,
      template: {
        ...template,
        // Not in the selector, which could then never change its network.
        metadata: {
          ...template.metadata,
          labels: { ...template.metadata?.labels, [NETWORK_LABEL]: spec.network },
          annotations: {
            ...template.metadata?.annotations,
            ...proxyAnnotation(spec, deregistrationSeconds),
          },
        },
        spec: {
          ...template.spec,
          ...unhurriedEnd(template, deregistrationSeconds),
          ...(capabilities.size === 'production' ? { topologySpreadConstraints: spread(app) } : {}),
        },
      },
    },
  };
}

const gatewayNameOf = ({ metadata }: KubeObject): GatewayName =>
  metadata?.name === EAST_WEST_GATEWAY ? 'eastWest' : 'ingress';

/** Seconds that requests which are under way get once a gateway takes no new connection; Istio's own default is 5. */
const drainSeconds = (deregistrationSeconds: number): number => Math.min(20, deregistrationSeconds);

/**
 * Gateways of the charts are not injected and see no mesh configuration outside of istiod's namespace, so their
 * agent asks `istiod.istio-system` unless it is told otherwise.
 */
function proxyAnnotation(spec: ClusterSpec, deregistrationSeconds: number): Record<string, string> {
  const namespace = istioNamespaceOf(spec);
  const config = {
    terminationDrainDuration: `${drainSeconds(deregistrationSeconds)}s`,
    ...(namespace === DEFAULT_ISTIO_NAMESPACE ? {} : { discoveryAddress: `istiod.${namespace}.svc:15012` }),
  };
  return { 'proxy.istio.io/config': JSON.stringify(config) };
}

/**
 * A gateway that ends serves as before until its load balancer has let go of it, then drains, and is killed
 * only after both: else a roll-out, a scale-in or a new node costs the requests of that time.
 */
function unhurriedEnd({ spec }: Template, deregistrationSeconds: number): Record<string, unknown> {
  const containers = (spec?.['containers'] ?? []) as readonly { readonly name?: string }[];
  const lifecycle = { preStop: { sleep: { seconds: deregistrationSeconds } } };
  return {
    terminationGracePeriodSeconds: deregistrationSeconds + drainSeconds(deregistrationSeconds) + 10,
    containers: containers.map((one) => (one.name === 'istio-proxy' ? { ...one, lifecycle } : one)),
  };
}

function crossNetworkGateway(topology: Topology): KubeObject {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Gateway',
    metadata: { name: 'cross-network-gateway', namespace: INGRESS_NAMESPACE },
    spec: {
      selector: { istio: 'eastwestgateway' },
      servers: [
        {
          port: { number: EAST_WEST_PORT, name: 'tls', protocol: 'TLS' },
          tls: { mode: 'AUTO_PASSTHROUGH' },
          hosts: sharedHosts(topology),
        },
      ],
    },
  };
}

/**
 * Whoever passes the east-west gateway reaches every service, so each workload asks for the certificate
 * itself. Of this name in istiod's namespace it holds for the whole mesh.
 */
function meshWideMtls({ topology, spec }: InstallOptions): KubeObject {
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'PeerAuthentication',
    metadata: { name: 'default', namespace: istioNamespaceOf(spec) },
    spec: { mtls: { mode: topology.istio.mtls.toUpperCase() } },
  };
}
