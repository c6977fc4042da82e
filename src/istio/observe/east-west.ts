import type { CallOptions, KubeClient, KubeObject } from '../../kubernetes/index.ts';
import { EAST_WEST_LABEL, EAST_WEST_PORT, NETWORK_LABEL } from '../names.ts';

/** A Service through which other networks come in, whoever made it and in whatever namespace. */
export interface EastWestService extends KubeObject {
  readonly spec?: {
    readonly type?: string;
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly { readonly name?: string; readonly port: number }[];
    readonly externalIPs?: readonly string[];
  };
  readonly status?: {
    readonly loadBalancer?: {
      readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[];
    };
  };
}

/**
 * East-west gateways' Services: those with the network label, by which istiod finds them, and those
 * that lost it but still have the usual label. If there is neither, every Service with port 15443.
 */
export async function eastWestServices(
  kube: KubeClient,
  options: CallOptions = {},
): Promise<EastWestService[]> {
  const list = (labelSelector?: string) =>
    kube.list<EastWestService>('v1', 'Service', { labelSelector, ...options });
  const found = (await Promise.all([list(NETWORK_LABEL), list(`istio=${EAST_WEST_LABEL}`)])).flat();
  const known = new Map(found.map((one) => [`${one.metadata?.namespace}/${one.metadata?.name}`, one]));
  if (known.size > 0) return [...known.values()];
  return (await list()).filter(({ spec }) => spec?.ports?.some(({ port }) => port === EAST_WEST_PORT));
}
