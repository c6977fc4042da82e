import type { ClusterCapabilities, LoadBalancerSettings } from '../provider/index.ts';
import type { EksClusterSpec, GatewayName } from '../topology/index.ts';

const annotation = (name: string): string => `service.beta.kubernetes.io/aws-load-balancer-${name}`;

/** Istio gateways answer here when they are ready for traffic. */
const health = { port: '15021', path: '/healthz/ready' } as const;

export function capabilitiesOf(cluster: EksClusterSpec): ClusterCapabilities {
  return {
    proxy: 'istio',
    size: 'production',
    // The first Pods wait for Auto Mode's nodes and for images through one NAT gateway; an NLB takes 2 to 4 minutes.
    timeouts: { workloadsMs: 600_000, loadBalancersMs: 600_000 },
    priorityClass: 'system-cluster-critical',
    loadBalancers: { ingress: balancerOf(cluster, 'ingress'), eastWest: balancerOf(cluster, 'eastWest') },
  };
}

/** A target that leaves gets new connections for this long at most; the load balancer's own default is 300. */
const deregistrationSeconds = 60;

/** The one that Auto Mode reads, and that of the controller that one installs oneself. */
const readinessGate = {
  'eks.amazonaws.com/pod-readiness-gate-inject': 'enabled',
  'elbv2.k8s.aws/pod-readiness-gate-inject': 'enabled',
} as const;

/**
 * What a Service of type LoadBalancer needs for Auto Mode's NLB: pods as targets in every zone, and a
 * health check on the gateway's own status port, since a port that nothing serves never gets healthy.
 * istiod gives a proxy only gateway addresses of its own family, so peers on IPv6 need a dual stack.
 */
function balancerOf(cluster: EksClusterSpec, gateway: GatewayName): LoadBalancerSettings {
  return {
    class: 'eks.amazonaws.com/nlb',
    podTargets: true,
    statedHealthCheck: true,
    deregistrationSeconds,
    readinessGate,
    annotations: {
      [annotation('scheme')]: cluster.gateways[gateway].exposure,
      [annotation('nlb-target-type')]: 'ip',
      [annotation('attributes')]: 'load_balancing.cross_zone.enabled=true',
      [annotation('target-group-attributes')]:
        `deregistration_delay.timeout_seconds=${deregistrationSeconds}`,
      [annotation('healthcheck-protocol')]: 'http',
      [annotation('healthcheck-port')]: health.port,
      [annotation('healthcheck-path')]: health.path,
      ...(cluster.gatewayFamilies.includes('ipv6') ? { [annotation('ip-address-type')]: 'dualstack' } : {}),
    },
  };
}
