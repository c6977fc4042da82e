/** Names that Istio's charts and conventions fix. */
export const INGRESS_NAMESPACE = 'istio-ingress';
export const SAMPLE_NAMESPACE = 'sample';
export const INGRESS_GATEWAY = 'istio-ingressgateway';
export const EAST_WEST_GATEWAY = 'istio-eastwestgateway';
export const EAST_WEST_PORT = 15443;
export const STATUS_PORT = 15021;
export const READER_ACCOUNT = 'istio-reader-service-account';
export const NETWORK_LABEL = 'topology.istio.io/network';
/** Value of the label `istio` on everything of an east-west gateway, in Istio's guide and here. */
export const EAST_WEST_LABEL = 'eastwestgateway';
/** Label of Secrets by which istiod reaches other clusters, and what selects them. */
export const REMOTE_SECRET_LABEL = 'istio/multiCluster';
export const REMOTE_SECRETS = `${REMOTE_SECRET_LABEL}=true`;
