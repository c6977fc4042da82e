import type { KubeObject } from '../../kubernetes/index.ts';
import type { CallerSpec, ClusterSpec, ServiceSpec, Topology } from '../../topology/index.ts';
import { metadataOf } from './service-host.ts';

/** Policies of the Service's pods: no plain text where callers count, who may call, and from where not. */
export function policyObjects(topology: Topology, service: ServiceSpec): KubeObject[] {
  const { access, residency } = service;
  if (!access && !residency) return [];
  return [
    strictPeers(service),
    ...(access ? [accessPolicy(service, access, topology.trustDomain)] : []),
    ...residencyPolicy(topology, service),
  ];
}

const workloads = ({ selector }: ServiceSpec) => ({ selector: { matchLabels: { ...selector } } });

/** Plain text has no caller, so it would go past every rule that names one. */
const strictPeers = (service: ServiceSpec): KubeObject => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'PeerAuthentication',
  metadata: metadataOf(service),
  spec: { ...workloads(service), mtls: { mode: 'STRICT' } },
});

/** As soon as a policy allows somebody, everybody else is refused. */
export const accessPolicy = (
  service: ServiceSpec,
  access: readonly CallerSpec[],
  trustDomain: string,
): KubeObject => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'AuthorizationPolicy',
  metadata: metadataOf(service, 'access'),
  spec: {
    ...workloads(service),
    action: 'ALLOW',
    rules: [{ from: [{ source: { principals: access.map((one) => principalOf(one, trustDomain)) } }] }],
  },
});

function principalOf({ namespace, serviceAccount = '*', trustDomain }: CallerSpec, own: string): string {
  const domain = trustDomain ?? own;
  return namespace === undefined ? `${domain}/*` : `${domain}/ns/${namespace}/sa/${serviceAccount}`;
}

/**
 * Refuses requests from pods of other clusters and, in other clusters, every request. Policies know no
 * clusters, but the file's address blocks of clusters do not overlap, so that this is the same object
 * everywhere. It reaches as far as the file knows the pods' addresses.
 */
function residencyPolicy({ clusters }: Topology, service: ServiceSpec): KubeObject[] {
  const { residency } = service;
  if (!residency) return [];
  const outside = clusters.filter(({ name }) => !residency.includes(name)).flatMap(podBlocks);
  if (outside.length === 0) return [];
  return [
    {
      apiVersion: 'security.istio.io/v1',
      kind: 'AuthorizationPolicy',
      metadata: metadataOf(service, 'residency'),
      spec: {
        ...workloads(service),
        action: 'DENY',
        rules: [
          { from: [{ source: { ipBlocks: [...outside] } }] },
          { when: [{ key: 'destination.ip', values: outside }] },
        ],
      },
    },
  ];
}

/** The block that a cluster's pods have their addresses from, as far as the file says; EKS chooses IPv6 ones itself. */
function podBlocks({ cidr, ipFamily }: ClusterSpec): string[] {
  return cidr?.family === ipFamily ? [cidr.toString()] : [];
}
