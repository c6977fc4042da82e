import { REMOTE_SECRETS } from '../istio/index.ts';
import type { Secret } from '../kubernetes/index.ts';
import type { CollectContext } from './collection.ts';
import { secretFacts } from './secret-facts.ts';
import { LAST_APPLIED } from './trimmed-object.ts';

/**
 * What the Secrets of the mesh's namespaces are, and remote secrets wherever they are, in one file:
 * metadata, types, names of keys, certificates' fields, addresses and tokens' claims. The values
 * never leave this function.
 */
export async function secretFiles(
  { cluster, signal, collection }: CollectContext,
  namespaces: readonly string[],
): Promise<void> {
  const list = (name: string, where: { namespace?: string; labelSelector?: string }) =>
    collection.collect(`secrets.json (${name})`, () =>
      cluster.kube.list<Secret>('v1', 'Secret', { ...where, signal }),
    );
  const found = await Promise.all([
    list('remote secrets of all namespaces', { labelSelector: REMOTE_SECRETS }),
    ...namespaces.map((namespace) => list(namespace, { namespace })),
  ]);
  const all = found.flatMap((secrets) => secrets ?? []);
  const unique = new Map(all.map((secret) => [secret.metadata?.uid, secret]));
  const facts = [...unique.values()].map(describeSecret);
  const content = facts.length > 0 ? `${JSON.stringify(facts, undefined, 1)}\n` : '';
  await collection.put('secrets.json', 'facts of Secrets, never their values', { content });
}

function describeSecret({ metadata, type, data = {} }: Secret): object {
  const annotations = Object.entries(metadata?.annotations ?? {}).filter(([name]) => name !== LAST_APPLIED);
  return {
    namespace: metadata?.namespace,
    name: metadata?.name,
    type,
    labels: metadata?.labels,
    annotations: Object.fromEntries(annotations),
    created: metadata?.creationTimestamp,
    resourceVersion: metadata?.resourceVersion,
    writtenBy: (metadata?.managedFields ?? []).map(({ manager, operation, time }) => ({
      manager,
      operation,
      time,
    })),
    values: secretFacts(data),
  };
}
