import type { KubeObject } from '../../kubernetes/index.ts';
import { istioNamespaceOf, istioNamespacesOf } from '../../topology/index.ts';
import { NETWORK_LABEL } from '../names.ts';
import { namespaceObject } from './namespaces.ts';
import type { InstallOptions } from './operator.ts';
import { meshConfigAccess } from './reader-role.ts';

/**
 * Namespaces of peers' istiods that are not this cluster's: in them each looks for this cluster's network
 * (istio.io/istio pilot/pkg/serviceregistry/kube/controller/controller.go, onSystemNamespaceEvent).
 */
export const peerNamespaces = (plan: InstallOptions): KubeObject[] =>
  othersOf(plan).map((name) => namespaceObject(name, { [NETWORK_LABEL]: plan.spec.network }));

/**
 * The mesh configuration that those istiods read of this cluster for its trust domain; without it they take
 * `cluster.local` (multicluster.go there, initializeCluster).
 */
export function peerMeshConfigs(plan: InstallOptions): KubeObject[] {
  const account = istioNamespaceOf(plan.spec);
  return othersOf(plan).flatMap((namespace) => [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'istio', namespace },
      data: { mesh: `trustDomain: ${plan.topology.trustDomain}\n` },
    },
    ...meshConfigAccess(namespace, account),
  ]);
}

const othersOf = ({ spec, topology }: InstallOptions): string[] =>
  istioNamespacesOf(spec, topology.clusters).slice(1);
