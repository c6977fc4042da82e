import { IsthmusError } from '../errors/index.ts';
import { type CallOptions, type KubeClient, missingRights, type Right } from '../kubernetes/index.ts';

const write = ['get', 'create', 'patch', 'delete'];

const of = (group: string, resources: readonly string[], verbs = write): Right[] =>
  resources.flatMap((resource) => verbs.map((verb) => ({ verb, group, resource })));

/** What installing, checking and removing a mesh needs in every cluster. */
const needed: readonly Right[] = [
  ...of('', ['namespaces', 'configmaps', 'secrets', 'services', 'serviceaccounts']),
  ...of('', ['pods', 'nodes', 'events'], ['get', 'list']),
  { verb: 'create', group: '', resource: 'pods/exec' },
  { verb: 'get', group: '', resource: 'pods/log' },
  { verb: 'create', group: '', resource: 'serviceaccounts/token' },
  { verb: 'create', group: 'authentication.k8s.io', resource: 'tokenreviews' },
  ...of('apps', ['deployments']),
  ...of('autoscaling', ['horizontalpodautoscalers']),
  ...of('policy', ['poddisruptionbudgets']),
  ...of('rbac.authorization.k8s.io', ['clusterroles', 'clusterrolebindings', 'roles', 'rolebindings']),
  ...of('admissionregistration.k8s.io', ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations']),
  ...of('apiextensions.k8s.io', ['customresourcedefinitions']),
  ...of('networking.istio.io', ['gateways']),
  ...of('security.istio.io', ['peerauthentications']),
  ...of('discovery.k8s.io', ['endpointslices'], ['list']),
];

/** Throws API_REFUSED, naming every right that the context's user lacks. */
export async function requireRights(client: KubeClient, options: CallOptions): Promise<void> {
  const missing = await missingRights(client, needed, options);
  const [first] = missing;
  if (!first) return;
  throw new IsthmusError(
    'API_REFUSED',
    `${client.cluster}: the context's user lacks ${missing.length} rights`,
    {
      hint: 'use a context with cluster-admin, or grant what is listed',
      problems: grouped(missing).map((message) => ({ message })),
    },
  );
}

/** `create, patch deployments.apps` */
function grouped(missing: readonly Right[]): string[] {
  const verbs = new Map<string, string[]>();
  for (const { verb, group, resource } of missing) {
    const what = group ? `${resource}.${group}` : resource;
    verbs.set(what, [...(verbs.get(what) ?? []), verb]);
  }
  return [...verbs].map(([what, lacking]) => `${lacking.join(', ')} ${what}`);
}
