import { containersOf, type Pod } from '../../kubernetes/index.ts';
import type { RunningPod } from './running-pods.ts';

const PROXY = 'istio-proxy';

/** Is there an Envoy of the mesh in a pod, be it a sidecar, a native one or a gateway's? */
export const hasProxy = (pod: Pod): boolean => containersOf(pod).some(({ name }) => name === PROXY);

/**
 * Is there one beside an application? The gateway template, of Helm, istioctl and the Gateway API alike,
 * leaves the proxy alone in its pod (`files/gateway-injection-template.yaml` of istiod's chart).
 */
export const hasSidecar = (pod: Pod): boolean =>
  hasProxy(pod) && (pod.spec?.containers ?? []).some(({ name }) => name !== PROXY);

/** Does it take traffic, with an Envoy of the mesh in it? */
export const isReadyProxy = ({ ready, containers }: RunningPod): boolean =>
  ready && containers.includes(PROXY);

/** Does it, with an application beside the Envoy? */
export const isReadySidecar = (pod: RunningPod): boolean =>
  isReadyProxy(pod) && pod.containers.some((name) => name !== PROXY);
