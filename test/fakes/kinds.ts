/** One kind that a fake API server serves. */
export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
}

const of = (apiVersion: string, namespaced: boolean, kinds: Record<string, string>): Kind[] =>
  Object.entries(kinds).map(([kind, plural]) => ({ apiVersion, kind, plural, namespaced }));

/** What every API server has. */
export const builtIn: readonly Kind[] = [
  ...of('v1', false, { Namespace: 'namespaces', Node: 'nodes' }),
  ...of('v1', true, {
    ConfigMap: 'configmaps',
    Event: 'events',
    Pod: 'pods',
    Secret: 'secrets',
    Service: 'services',
    ServiceAccount: 'serviceaccounts',
  }),
  ...of('apps/v1', true, { DaemonSet: 'daemonsets', Deployment: 'deployments' }),
  ...of('coordination.k8s.io/v1', true, { Lease: 'leases' }),
  ...of('discovery.k8s.io/v1', true, { EndpointSlice: 'endpointslices' }),
  ...of('networking.k8s.io/v1', true, { NetworkPolicy: 'networkpolicies' }),
  ...of('rbac.authorization.k8s.io/v1', false, {
    ClusterRole: 'clusterroles',
    ClusterRoleBinding: 'clusterrolebindings',
  }),
  ...of('rbac.authorization.k8s.io/v1', true, { Role: 'roles', RoleBinding: 'rolebindings' }),
  ...of('admissionregistration.k8s.io/v1', false, {
    MutatingWebhookConfiguration: 'mutatingwebhookconfigurations',
    ValidatingWebhookConfiguration: 'validatingwebhookconfigurations',
  }),
  ...of('apiextensions.k8s.io/v1', false, { CustomResourceDefinition: 'customresourcedefinitions' }),
  ...of('authentication.k8s.io/v1', false, { TokenReview: 'tokenreviews' }),
  ...of('authorization.k8s.io/v1', false, { SelfSubjectAccessReview: 'selfsubjectaccessreviews' }),
];

/** What Istio's definitions add. */
export const istioKinds: readonly Kind[] = [
  ...of('networking.istio.io/v1', true, {
    DestinationRule: 'destinationrules',
    Gateway: 'gateways',
    ServiceEntry: 'serviceentries',
    Sidecar: 'sidecars',
    VirtualService: 'virtualservices',
    WorkloadEntry: 'workloadentries',
  }),
  ...of('networking.istio.io/v1alpha3', true, { EnvoyFilter: 'envoyfilters' }),
  ...of('security.istio.io/v1', true, {
    AuthorizationPolicy: 'authorizationpolicies',
    PeerAuthentication: 'peerauthentications',
    RequestAuthentication: 'requestauthentications',
  }),
  ...of('telemetry.istio.io/v1', true, { Telemetry: 'telemetries' }),
  ...of('extensions.istio.io/v1alpha1', true, { WasmPlugin: 'wasmplugins' }),
];

interface Definition {
  readonly spec?: {
    readonly group?: string;
    readonly scope?: string;
    readonly names?: { readonly kind?: string; readonly plural?: string };
    readonly versions?: readonly { readonly name: string; readonly served?: boolean }[];
  };
}

/** The kinds that a CustomResourceDefinition brings. */
export function kindsOf({ spec }: Definition): Kind[] {
  const { group = '', scope, names, versions = [] } = spec ?? {};
  if (!names?.kind || !names.plural) return [];
  const { kind, plural } = names;
  return versions
    .filter(({ served }) => served !== false)
    .map(({ name }) => ({ apiVersion: `${group}/${name}`, kind, plural, namespaced: scope !== 'Cluster' }));
}
