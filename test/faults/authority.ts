import { createRoot, issueIntermediate, toSecretData } from '../../src/pki/index.ts';
import type { Bed } from '../e2e/bed.ts';
import { patch, read, restart } from './fault.ts';

/** Contents of `cacerts`, encoded as the API server gives them. */
export type AuthorityData = Readonly<Record<string, string>>;

const cacerts = { namespace: 'istio-system', object: 'secret/cacerts' };

export async function authorityOf(bed: Bed, cluster: string): Promise<AuthorityData> {
  const args = ['-n', cacerts.namespace, 'get', cacerts.object];
  return (await read<{ data: AuthorityData }>(bed, cluster, args)).data;
}

/** Give clusters intermediates of one root that the mesh has never seen, and let their istiods load them. */
export async function exchangeRoot(bed: Bed, clusters: readonly string[]): Promise<void> {
  const root = await createRoot({ subject: 'stranger', algorithm: 'ecdsa-p256', years: 1 });
  for (const cluster of clusters) {
    const issued = { root, cluster, meshName: 'stranger', days: 90, algorithm: 'ecdsa-p256' } as const;
    const stringData = toSecretData(await issueIntermediate(issued), root.certificatePem);
    await patch(bed, cluster, { ...cacerts, change: { stringData } });
  }
  await Promise.all(clusters.map((cluster) => restart(bed, cluster, 'istio-system deploy/istiod')));
}

/** Give a cluster an intermediate of a root that the mesh has never seen, made at this time; istiod goes on. */
export async function replaceAuthority(bed: Bed, cluster: string, { now }: { now: Date }): Promise<void> {
  const root = await createRoot({ subject: 'stranger', algorithm: 'ecdsa-p256', years: 1 });
  const issued = { root, cluster, meshName: 'stranger', days: 90, algorithm: 'ecdsa-p256', now } as const;
  const stringData = toSecretData(await issueIntermediate(issued), root.certificatePem);
  await patch(bed, cluster, { ...cacerts, change: { stringData } });
}

/** Put back what was there, and let istiod load it. */
export async function restoreAuthority(bed: Bed, cluster: string, data: AuthorityData): Promise<void> {
  await patch(bed, cluster, { ...cacerts, change: { data } });
  await restart(bed, cluster, 'istio-system deploy/istiod');
}
