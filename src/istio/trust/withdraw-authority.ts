import type { Secret } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { authorityFit } from './authority-fit.ts';
import { cacertsRef, pluggedOf } from './plugged-authority.ts';

/**
 * Take a CA back that this run has just given a cluster without an istiod, unless somebody put another in
 * its place: one below none of these roots, or changed meanwhile, stays. Gone is success.
 */
export async function withdrawAuthority(
  { kube, spec }: MeshCluster,
  roots: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const ref = cacertsRef(spec);
  const secret = await kube.get<Secret>(ref, { signal });
  const version = secret?.metadata?.resourceVersion;
  if (!secret || version === undefined) return;
  const { fit } = authorityFit(pluggedOf(secret), roots);
  if (fit === 'good') await kube.remove(ref, { signal, version });
}
