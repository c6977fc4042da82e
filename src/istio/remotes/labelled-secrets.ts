import type { CallOptions, Secret } from '../../kubernetes/index.ts';
import { REMOTE_SECRETS } from '../names.ts';
import type { IstioPlace } from '../observe/mesh-config.ts';

/** Every Secret by which the istiod of a place reads other clusters, whoever made it. Throws what the API server throws. */
export const labelledSecrets = ({ kube, namespace }: IstioPlace, options: CallOptions): Promise<Secret[]> =>
  kube.list<Secret>('v1', 'Secret', { namespace, labelSelector: REMOTE_SECRETS, ...options });
