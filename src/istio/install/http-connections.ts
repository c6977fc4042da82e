import type { KubeObject } from '../../kubernetes/index.ts';
import { type ClusterSpec, istioNamespaceOf } from '../../topology/index.ts';
import { shortIdle } from '../services/short-idle.ts';

/**
 * Less than any gateway serves on for once it is to end (docs/istio.md, When gateways move), with room for its
 * load balancer to let go of it. The same in every cluster: config-parity compares it.
 */
export const MAX_AGE_SECONDS = 10;

/**
 * An Envoy that closes drops an answer that it could not write within this time, a second by default: too little
 * for a proxy that is short of processor time.
 */
const CLOSING_TIME = '30s';

const SUPPRESS_ANNOTATION = 'galley.istio.io/analyze-suppress';
const NAME = 'isthmus-http-connections';

const connectionManager = 'envoy.filters.network.http_connection_manager';
const typeUrl =
  'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';

/** How long HTTP connections last: by the proxies that are called, and by those that call. */
export const httpConnections = (spec: ClusterSpec): KubeObject[] => [called(spec), calling(spec)];

/**
 * How every proxy ends HTTP connections: between proxies with an answer, and never below a request, after a few
 * seconds. The east-west gateway passes them on without looking inside, so only the proxies at both ends could
 * close one between two requests: kept for as long as there are requests, it would go on through a gateway that
 * ends until that is killed, and what is under way would be lost. Of Istio's own settings those of
 * DestinationRules also cut raw TCP, and those of ProxyConfig close idle connections of HTTP/1 under a client
 * that is about to send.
 */
function called(spec: ClusterSpec): KubeObject {
  return {
    apiVersion: 'networking.istio.io/v1alpha3',
    kind: 'EnvoyFilter',
    // istioctl analyze warns of every EnvoyFilter, that Envoy's settings may change with its version.
    metadata: metadataOf(spec, 'IST0133'),
    spec: {
      configPatches: [
        patch('ANY', { delayed_close_timeout: CLOSING_TIME }),
        patch('SIDECAR_INBOUND', {
          common_http_protocol_options: { max_connection_duration: `${MAX_AGE_SECONDS}s` },
          http1_safe_max_connection_duration: true,
        }),
      ],
    },
  };
}

/**
 * For hosts without a DestinationRule of their own: `*` is the least specific of all hosts, and the root namespace
 * the last in which istiod looks (`destinationRule` of its push_context.go).
 */
function calling(spec: ClusterSpec): KubeObject {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    // istioctl analyze looks for a service of this name.
    metadata: metadataOf(spec, 'IST0174'),
    spec: { host: '*', trafficPolicy: { connectionPool: { http: shortIdle } } },
  };
}

const metadataOf = (spec: ClusterSpec, suppressed: string) => ({
  name: NAME,
  namespace: istioNamespaceOf(spec),
  annotations: { [SUPPRESS_ANNOTATION]: suppressed },
});

const patch = (context: 'ANY' | 'SIDECAR_INBOUND', settings: object) => ({
  applyTo: 'NETWORK_FILTER',
  match: { context, listener: { filterChain: { filter: { name: connectionManager } } } },
  patch: {
    operation: 'MERGE',
    value: { name: connectionManager, typed_config: { '@type': typeUrl, ...settings } },
  },
});
