import type { MeshConfig } from '../../istio/index.ts';
import { type PeerAuthentication, type Pod, selects } from '../../kubernetes/index.ts';
import { DEFAULT_ISTIO_NAMESPACE } from '../../topology/index.ts';

/** How a pod takes connections on one of its ports, and the policy that says so. */
export interface PeerMode {
  readonly mode: string;
  /** Undefined where nothing is stated, which means PERMISSIVE. */
  readonly policy: PeerAuthentication | undefined;
}

/**
 * As istiod's ComposePeerAuthentication has it: the oldest policy of the mesh, of the namespace, of the
 * workload, each for what the one before left unset. Ports count in a workload's policy alone, and they
 * are those of the pod.
 */
export function peerMode(
  policies: readonly PeerAuthentication[],
  { pod, port, config }: { readonly pod: Pod; readonly port: number; readonly config: MeshConfig },
): PeerMode {
  const root = config.rootNamespace ?? DEFAULT_ISTIO_NAMESPACE;
  const { namespace, labels } = pod.metadata ?? {};
  const oldest = policies.toSorted((a, b) => madeAt(a) - madeAt(b));
  const wide = (place: string | undefined) =>
    oldest.find((one) => one.metadata?.namespace === place && !hasSelector(one));
  const workload = oldest.find(
    ({ metadata, spec }) =>
      metadata?.namespace === namespace && namespace !== root && selects(spec?.selector?.matchLabels, labels),
  );
  const atPort = workload?.spec?.portLevelMtls?.[String(port)]?.mode;
  if (isSet(atPort)) return { mode: atPort, policy: workload };
  const levels = [workload, namespace === root ? undefined : wide(namespace), wide(root)];
  for (const policy of levels) {
    const mode = policy?.spec?.mtls?.mode;
    if (isSet(mode)) return { mode, policy };
  }
  return { mode: 'PERMISSIVE', policy: undefined };
}

const isSet = (mode: string | undefined): mode is string => mode !== undefined && mode !== 'UNSET';

const hasSelector = ({ spec }: PeerAuthentication): boolean =>
  Object.keys(spec?.selector?.matchLabels ?? {}).length > 0;

const madeAt = ({ metadata }: PeerAuthentication): number =>
  new Date(metadata?.creationTimestamp ?? 0).getTime();
