import { hasSidecar } from '../../../istio/index.ts';
import { containersOf, type Pod } from '../../../kubernetes/index.ts';
import type { Finding } from '../../../report/index.ts';

/** By which a sidecar answers DNS for every Service of the mesh (istio.io/istio pkg/dns/client). */
const CAPTURE = 'ISTIO_META_DNS_CAPTURE';

/** A pod that calls others by a sidecar, and whether that answers its DNS. */
export interface Caller {
  /** `namespace/name`. */
  readonly pod: string;
  readonly namespace: string;
  /** Of its sidecar's istiod, as the injector wrote it down; `default` where it did not. */
  readonly revision: string;
  readonly capturesDns: boolean;
}

/**
 * What its sidecar was started with tells for certain: the injector joined the mesh configuration of the
 * revision, ProxyConfigs and the pod's own annotation when the pod was made. Gateways call nobody by name.
 */
export function callersOf(pods: readonly Pod[]): Caller[] {
  return pods.flatMap((pod) => {
    const { namespace = '', name, annotations, deletionTimestamp } = pod.metadata ?? {};
    if (!hasSidecar(pod) || deletionTimestamp) return [];
    const proxy = containersOf(pod).find((one) => one.name === 'istio-proxy');
    const setting = proxy?.env?.find((one) => one.name === CAPTURE)?.value;
    const revision = annotations?.['istio.io/rev'] ?? 'default';
    return [{ pod: `${namespace}/${name}`, namespace, revision, capturesDns: setting === 'true' }];
  });
}

/** Where one sidecar answers DNS and another of the same cluster does not, a host is known to some callers only. */
export function captureFindings(
  cluster: string,
  callers: readonly Caller[],
  unknown: readonly string[],
): Finding[] {
  const deaf = callers.filter(({ capturesDns }) => !capturesDns);
  const [first] = deaf;
  const [host] = unknown;
  if (!first || !host || deaf.length === callers.length) return [];
  const others = unknown.length > 1 ? ` and ${unknown.length - 1} more` : '';
  return [
    {
      cluster,
      object: `Pod ${first.pod}`,
      message: `does not know Service ${host}${others} of other clusters: its sidecar does not answer DNS, as ${callers.length - deaf.length} of ${callers.length} here do`,
      evidence: [`${CAPTURE} is not "true" in`, listed(deaf)].join(' '),
      cause:
        'the setting is of a revision’s mesh configuration or of a pod’s annotation proxy.istio.io/config, and pods keep what they were made with',
      fix: `set meshConfig.defaultConfig.proxyMetadata.${CAPTURE}: "true" for every revision, then kubectl --context {context} -n ${first.namespace} rollout restart deployment; or create the Service here, without pods`,
    },
  ];
}

const most = 5;

function listed(callers: readonly Caller[]): string {
  const some = callers.slice(0, most).map(({ pod, revision }) => `${pod} (revision ${revision})`);
  const rest = callers.length > most ? ` and ${callers.length - most} more` : '';
  return some.join(', ') + rest;
}
