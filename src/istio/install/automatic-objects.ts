import type { KubeObject } from '../../kubernetes/index.ts';

/**
 * What istiod writes by itself: its root into every namespace, its own authority where nobody plugged one
 * in, and who leads (istio.io/istio security/pkg/k8s/configutil and pilot/pkg/leaderelection, release-1.31).
 */
export function isAutomatic({ kind, metadata }: KubeObject): boolean {
  const { name = '', annotations = {}, labels = {} } = metadata ?? {};
  if (kind === 'Secret') return name === 'istio-ca-secret';
  if (kind === 'Service' || kind === 'Pod') return 'isthmus.io/probe' in labels;
  if (kind !== 'ConfigMap') return false;
  return (
    /^istio(-ca-root-cert|-ca-crl|-leader)$/.test(name) ||
    'control-plane.alpha.kubernetes.io/leader' in annotations
  );
}
