export { isOneNetwork } from './clusters.ts';
export { contextOf } from './context-of.ts';
export { defaultTopology } from './default-topology.ts';
export { defaultMeshFile, loadTopology } from './document/load.ts';
export { parseTopology } from './document/parse.ts';
export { placeInFile } from './document/place.ts';
export { type StarterOptions, starterFile } from './document/starter-file.ts';
export { gatewayFamiliesOf } from './gateway-families.ts';
export {
  Address,
  bitsOf,
  Cidr,
  cidrOf,
  hostPort,
  type IpFamily,
  localCidrs,
  parseAddress,
  serviceCidrs,
} from './ip.ts';
export {
  DEFAULT_ISTIO_NAMESPACE,
  istioNamespaceOf,
  istioNamespacesOf,
} from './istio-namespace.ts';
export { regionOf } from './region.ts';
export { type JsonSchema, jsonSchema } from './schema/json-schema.ts';
export { peersRange, statedRanges } from './source-ranges.ts';
export type * from './types.ts';
export {
  carriedIstio,
  defaultKubernetes,
  eksSupport,
  istioMinors,
  type SupportEnds,
  supportedKubernetes,
} from './versions.ts';
