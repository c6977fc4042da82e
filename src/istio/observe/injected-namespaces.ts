import type { KubeObject } from '../../kubernetes/index.ts';

/** Does this namespace ask for sidecars in its pods, of any revision? */
export const isInjected = ({ metadata }: KubeObject): boolean =>
  metadata?.labels?.['istio-injection'] === 'enabled' || metadata?.labels?.['istio.io/rev'] !== undefined;
