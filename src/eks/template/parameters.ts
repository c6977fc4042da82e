import { type EksClusterSpec, peersRange } from '../../topology/index.ts';

/** Name of the template's parameter for the subnets of an existing VPC. */
export const subnetsParameter = 'SubnetIds';

/** Name of that for who may reach the API server, where the file says `peers`: their addresses come to be with them. */
export const publicCidrsParameter = 'PublicAccessCidrs';

/** Do the peers have to be asked of AWS before it is known who may reach the API server? */
export const admitsPeers = ({ endpoint }: EksClusterSpec): boolean =>
  endpoint.public && endpoint.publicCidrs.includes(peersRange);

/** Names of the parameters that a cluster's template has. */
export const parametersOf = (spec: EksClusterSpec): string[] => [
  ...(spec.vpcId === undefined ? [] : [subnetsParameter]),
  ...(admitsPeers(spec) ? [publicCidrsParameter] : []),
];
