import type { KubeObject } from '../../kubernetes/index.ts';
import { SAMPLE_NAMESPACE } from '../names.ts';
import { fullHost } from '../services/service-host.ts';

/** A second name of helloworld, whose requests each get a connection of their own between the proxies. */
const FRESH_SERVICE = 'isthmus-fresh';
export const freshPort = 5000;

export const keptUrl = `http://helloworld.${SAMPLE_NAMESPACE}:${freshPort}/hello`;
export const freshUrl = `http://${FRESH_SERVICE}.${SAMPLE_NAMESPACE}:${freshPort}/hello`;
/** Envoy's names of the clusters behind the two begin so. */
export const freshCluster = `outbound|${freshPort}||${FRESH_SERVICE}.${SAMPLE_NAMESPACE}.`;

const labels = { 'app.kubernetes.io/managed-by': 'isthmus', 'isthmus.io/probe': 'fresh-connections' };
const metadata = { name: FRESH_SERVICE, namespace: SAMPLE_NAMESPACE, labels };

/**
 * What makes Envoy shake hands for every request: it keeps connections, so a client's new connection
 * to its own proxy would not. A Service apart, so that nobody's settings for helloworld change.
 */
export function freshServiceObjects(): KubeObject[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: {
        selector: { app: 'helloworld' },
        ports: [{ name: 'http', port: freshPort, targetPort: freshPort }],
      },
    },
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'DestinationRule',
      metadata,
      spec: {
        host: fullHost({ name: FRESH_SERVICE, namespace: SAMPLE_NAMESPACE }),
        trafficPolicy: { connectionPool: { http: { maxRequestsPerConnection: 1 } } },
      },
    },
  ];
}
