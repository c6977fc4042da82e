export {
  type Cidr,
  type CidrFault,
  isCidr,
  localCidrs,
  overlaps,
  parseCidr,
  serviceCidrs,
} from './cidr.ts';
export { byNetwork, type ClusterPair, clusterNamed, pairs, peersOf, sameNetwork } from './clusters.ts';
export { contextOf } from './context-of.ts';
export { defaultTopology } from './default-topology.ts';
export { defaultMeshFile, loadTopology } from './document/load.ts';
export { parseTopology } from './document/parse.ts';
export { placeInFile } from './document/place.ts';
export { type StarterOptions, starterFile } from './document/starter-file.ts';
export { gatewayFamiliesOf } from './gateway-families.ts';
export { type JsonSchema, jsonSchema } from './schema/json-schema.ts';
export type * from './types.ts';
export { defaultKubernetes, supportedIstio, supportedKubernetes } from './versions.ts';
