import type { CallOptions, KubeObject } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { type PodRef, podCommand } from '../observe/pod-command.ts';

/** Roots as PEM text, and where they were found. */
export interface FoundRoots {
  /** As problems name objects, `ConfigMap sample/istio-ca-root-cert`. */
  readonly object: string;
  readonly pem: string;
}

/** Where istiod mounts `cacerts`, and where its pods have the roots of istiod itself. */
export const istiodFiles = ['/etc/cacerts/root-cert.pem', '/etc/cacerts/cert-chain.pem'] as const;
export const proxyRootFile = '/var/run/secrets/istio/root-cert.pem';

/** The roots that istiod wrote into each namespace, which its pods mount. */
export async function namespaceRoots(
  cluster: MeshCluster,
  { signal }: CallOptions = {},
): Promise<FoundRoots[]> {
  const maps = await cluster.kube.list<KubeObject & { data?: Record<string, string> }>('v1', 'ConfigMap', {
    fieldSelector: 'metadata.name=istio-ca-root-cert',
    signal,
  });
  return maps.map(({ metadata, data }) => ({
    object: `ConfigMap ${metadata?.namespace}/${metadata?.name}`,
    pem: data?.['root-cert.pem'] ?? '',
  }));
}

interface WebhookConfiguration extends KubeObject {
  readonly webhooks?: readonly {
    readonly clientConfig: {
      readonly caBundle?: string;
      readonly service?: { readonly name?: string };
    };
  }[];
}

/** The roots by which the API server knows istiod, of every webhook that calls one. */
export async function webhookRoots(
  cluster: MeshCluster,
  { signal }: CallOptions = {},
): Promise<FoundRoots[]> {
  const kinds = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'];
  const found = await Promise.all(
    kinds.map(async (kind) => {
      const all = await cluster.kube.list<WebhookConfiguration>('admissionregistration.k8s.io/v1', kind, {
        signal,
      });
      return all.flatMap((one) => rootsOfHooks(kind, one));
    }),
  );
  return found.flat();
}

function rootsOfHooks(kind: string, { metadata, webhooks = [] }: WebhookConfiguration): FoundRoots[] {
  const calls = webhooks.filter(({ clientConfig }) => clientConfig.service?.name?.startsWith('istiod'));
  const bundles = [...new Set(calls.map(({ clientConfig }) => clientConfig.caBundle ?? ''))];
  return bundles.map((bundle) => ({
    object: `${kind} ${metadata?.name}`,
    pem: Buffer.from(bundle, 'base64').toString('utf8'),
  }));
}

/** Files, one after the other, as they are inside a pod at this moment; mounted ones change late. */
export async function podFiles(
  cluster: MeshCluster,
  pod: PodRef,
  { paths, ...options }: CallOptions & { readonly paths: readonly string[] },
): Promise<string> {
  return podCommand(cluster, pod, { command: ['cat', ...paths], ...options });
}
