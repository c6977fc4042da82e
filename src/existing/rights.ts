import { IsthmusError } from '../errors/index.ts';
import { type CallOptions, type KubeClient, missingRights, type Right } from '../kubernetes/index.ts';
import { groupBy } from '../report/index.ts';

const read = ['get', 'list'];
const write = [...read, 'create', 'patch', 'delete'];

const of = (group: string, resources: readonly string[], verbs = write): Right[] =>
  resources.flatMap((resource) => verbs.map((verb) => ({ verb, group, resource })));

/**
 * What installing, checking and removing a mesh needs in every cluster; an end-to-end test does all of it
 * with nothing else. Istio's own roles hold rights that the context's user need not have, which an API
 * server lets only those hand out who may `escalate` and `bind`.
 */
export const neededRights: readonly Right[] = [
  ...of('', ['namespaces', 'configmaps', 'secrets', 'services', 'serviceaccounts', 'pods']),
  ...of('', ['nodes', 'events'], read),
  // A WebSocket begins with GET.
  ...of('', ['pods/exec', 'pods/portforward'], ['get', 'create']),
  ...of('', ['pods/log'], ['get']),
  ...of('', ['serviceaccounts/token'], ['create']),
  ...of('authentication.k8s.io', ['tokenreviews'], ['create']),
  ...of('apps', ['deployments']),
  // Whoever changes the mesh says so by one.
  ...of('coordination.k8s.io', ['leases']),
  ...of('autoscaling', ['horizontalpodautoscalers']),
  ...of('policy', ['poddisruptionbudgets']),
  ...of('rbac.authorization.k8s.io', ['clusterroles', 'roles'], [...write, 'escalate', 'bind']),
  ...of('rbac.authorization.k8s.io', ['clusterrolebindings', 'rolebindings']),
  ...of('admissionregistration.k8s.io', ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations']),
  ...of('apiextensions.k8s.io', ['customresourcedefinitions']),
  ...of('networking.istio.io', ['gateways', 'envoyfilters', 'destinationrules']),
  ...of('security.istio.io', ['peerauthentications']),
  // Read by checks, and before a namespace or a definition is removed with what is in it.
  ...of('*', ['*'], ['list']),
];

/** Throws API_REFUSED, naming every right that the context's user lacks. */
export async function requireRights(client: KubeClient, options: CallOptions): Promise<void> {
  const missing = await missingRights(client, neededRights, options);
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
  const of = ({ group, resource }: Right) => (group ? `${resource}.${group}` : resource);
  return [...groupBy(missing, of)].map(
    ([what, lacking]) => `${lacking.map(({ verb }) => verb).join(', ')} ${what}`,
  );
}
