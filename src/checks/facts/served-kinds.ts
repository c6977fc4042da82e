import { type KubeClient, refusalStatus } from '../../kubernetes/index.ts';

/** Kinds of an API version that an API server serves; none where it does not know the version. */
export async function servedKinds(
  kube: KubeClient,
  apiVersion: string,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  try {
    const answer = JSON.parse(await kube.raw(`/apis/${apiVersion}`, { signal })) as {
      resources?: readonly { readonly kind: string }[];
    };
    return new Set((answer.resources ?? []).map(({ kind }) => kind));
  } catch (error) {
    if (refusalStatus(error) === 404) return new Set();
    throw error;
  }
}
