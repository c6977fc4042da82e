import type {
  CallOptions,
  Deployment,
  KubeClient,
  KubeObject,
  MutatingWebhookConfiguration,
} from '../../kubernetes/index.ts';
import { DEFAULT_ISTIO_NAMESPACE } from '../../topology/index.ts';
import { REMOTE_SECRETS } from '../names.ts';

export interface FoundIstioNamespace {
  /** The usual one where there is no istiod at all. */
  readonly namespace: string;
  /** Other namespaces with istiods that are as likely the mesh's. */
  readonly rivals: readonly string[];
}

/**
 * Find the namespace that a cluster's istiod is in, whoever installed it: by its Deployments; where there are
 * none, as with an istiod that runs elsewhere, by the Service that its webhook names. A cluster may have
 * control planes of several meshes. The one that holds remote secrets is of a mesh of several clusters, then
 * the usual namespace goes before others. Throws what the API server throws.
 */
export async function findIstioNamespace(
  kube: KubeClient,
  options: CallOptions = {},
): Promise<FoundIstioNamespace> {
  const found = await istiodNamespaces(kube, options);
  if (found.length === 0) return { namespace: await byWebhook(kube, options), rivals: [] };
  const [first, ...others] = found.length === 1 ? found : await likeliest(kube, found, options);
  return { namespace: first ?? DEFAULT_ISTIO_NAMESPACE, rivals: others };
}

/** Namespaces with Deployments of istiod, sorted; all of them, or those that count. */
export async function istiodNamespaces(
  kube: KubeClient,
  options: CallOptions = {},
  counts: (deployment: KubeObject) => boolean = () => true,
): Promise<string[]> {
  const labelSelector = 'app=istiod';
  const deployments = await kube.list<Deployment>('apps/v1', 'Deployment', { labelSelector, ...options });
  return namespacesOf(deployments.filter(counts));
}

const namespacesOf = (objects: readonly KubeObject[]): string[] =>
  [...new Set(objects.flatMap(({ metadata }) => metadata?.namespace ?? []))].sort();

async function likeliest(
  kube: KubeClient,
  namespaces: readonly string[],
  options: CallOptions,
): Promise<readonly string[]> {
  const secrets = await kube.list('v1', 'Secret', { labelSelector: REMOTE_SECRETS, ...options });
  const holders = namespacesOf(secrets).filter((name) => namespaces.includes(name));
  const candidates = holders.length > 0 ? holders : namespaces;
  return candidates.includes(DEFAULT_ISTIO_NAMESPACE) ? [DEFAULT_ISTIO_NAMESPACE] : candidates;
}

async function byWebhook(kube: KubeClient, options: CallOptions): Promise<string> {
  const hooks = await kube.list<MutatingWebhookConfiguration>(
    'admissionregistration.k8s.io/v1',
    'MutatingWebhookConfiguration',
    { labelSelector: 'app=sidecar-injector', ...options },
  );
  const services = hooks.flatMap(({ webhooks = [] }) =>
    webhooks.flatMap(({ clientConfig }) => clientConfig.service ?? []),
  );
  return services[0]?.namespace ?? DEFAULT_ISTIO_NAMESPACE;
}
