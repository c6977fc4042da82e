import type { KubeObject, Right } from '../../kubernetes/index.ts';
import { type ClusterSpec, istioNamespaceOf, type Topology } from '../../topology/index.ts';
import { READER_ACCOUNT } from '../names.ts';

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const read = ['get', 'list', 'watch'];

/**
 * What an istiod of another cluster reads here, by its own client (istio.io/istio
 * pkg/kube/multicluster/cluster.go and pilot/pkg/serviceregistry/kube/controller, release-1.31), and no
 * more. Istio's chart also gives its readers every ConfigMap, every object of Istio's own APIs,
 * writing of ServiceExports, and reviews of tokens and access, which only an istiod that serves
 * proxies of this cluster needs.
 */
const rules: readonly Rule[] = [
  { apiGroups: [''], resources: ['namespaces', 'nodes', 'pods', 'services'], verbs: read },
  // Wanted for gateways' certificates of a cluster without an istiod of its own, yet istiod 1.31.0 never
  // counts a peer as synced without it, and crashes when PILOT_ENABLE_REMOTE_CREDENTIALS_CONTROLLER is off.
  { apiGroups: [''], resources: ['secrets'], verbs: ['list', 'watch'] },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: read },
  { apiGroups: ['networking.istio.io'], resources: ['workloadentries'], verbs: read },
  { apiGroups: ['gateway.networking.k8s.io'], resources: ['gateways'], verbs: read },
  { apiGroups: ['apiextensions.k8s.io'], resources: ['customresourcedefinitions'], verbs: read },
];

/** The trust domain is in the mesh configuration; other ConfigMaps are nobody else's. */
const meshConfigRule = { apiGroups: [''], resources: ['configmaps'], resourceNames: ['istio'], verbs: read };

const MESH_CONFIG_ROLE = 'istio-reader-mesh-config';

/** Rights that a token of the reader must have for an istiod of this namespace to be in sync. */
export const readerRights = (namespace: string): readonly Right[] => [
  ...rules.flatMap(({ apiGroups: [group = ''], resources }) =>
    resources.map((resource) => ({ verb: 'list', group, resource })),
  ),
  { verb: 'list', group: '', resource: 'configmaps', namespace, name: 'istio' },
];

/** What whoever installs a mesh should know of the rights that clusters get in each other. */
export function readerNotes({ clusters }: Topology): string[] {
  if (clusters.length < 2) return [];
  return [
    'the token that a cluster holds for another lets it list every Secret there, which istiod 1.31.0 cannot do without; docs/istio.md says why and what to do about it',
  ];
}

/** The charts' objects with the reader's rights brought down to what an istiod needs. */
export function withLeastReader(objects: readonly KubeObject[], spec: ClusterSpec): KubeObject[] {
  const account = istioNamespaceOf(spec);
  return objects.flatMap((object) =>
    isReaderRole(object) ? [{ ...object, rules }, ...meshConfigAccess(account, account)] : [object],
  );
}

const isReaderRole = ({ kind, metadata }: KubeObject): boolean =>
  kind === 'ClusterRole' && metadata?.name?.startsWith('istio-reader-clusterrole') === true;

/**
 * For the reader's account of one namespace to the mesh configuration of another, or its own.
 */
export const meshConfigAccess = (namespace: string, account: string): readonly KubeObject[] => [
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: { name: MESH_CONFIG_ROLE, namespace },
    rules: [meshConfigRule],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: MESH_CONFIG_ROLE, namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: MESH_CONFIG_ROLE },
    subjects: [{ kind: 'ServiceAccount', name: READER_ACCOUNT, namespace: account }],
  },
];
