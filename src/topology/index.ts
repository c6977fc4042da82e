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
export { defaultTopology } from './default-topology.ts';
export { gatewayFamiliesOf } from './gateway-families.ts';
export { type JsonSchema, jsonSchema } from './json-schema.ts';
export { defaultMeshFile, loadTopology } from './load.ts';
export { parseTopology } from './parse.ts';
export { type StarterOptions, starterFile } from './starter-file.ts';
export type * from './types.ts';
export { defaultKubernetes, supportedIstio, supportedKubernetes } from './versions.ts';
