import type { KubeObject } from '../../kubernetes/index.ts';
import { INGRESS_GATEWAY, INGRESS_NAMESPACE } from '../names.ts';

/** No Service has it, so it can be reached at the gateway's pod alone. */
export const MUTUAL_GATEWAY_PORT = 18443;

/** A port of the ingress gateway at which it asks for the mesh's own certificates, as a sidecar does. */
export function mutualGateway(): KubeObject {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Gateway',
    metadata: {
      name: 'isthmus-mutual',
      namespace: INGRESS_NAMESPACE,
      labels: { 'app.kubernetes.io/managed-by': 'isthmus', 'isthmus.io/probe': 'mutual-tls' },
    },
    spec: {
      selector: { istio: INGRESS_GATEWAY.replace('istio-', '') },
      servers: [
        {
          port: { number: MUTUAL_GATEWAY_PORT, name: 'https-mutual', protocol: 'HTTPS' },
          tls: { mode: 'ISTIO_MUTUAL' },
          hosts: ['*'],
        },
      ],
    },
  };
}
