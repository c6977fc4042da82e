import { IsthmusError } from '../../errors/index.ts';
import type { Cidr, EksClusterSpec } from '../../topology/index.ts';

/** EC2 allows no smaller subnet. */
const smallestPrefix = 28;

export interface SubnetPlan {
  readonly vpc: Cidr;
  readonly zones: readonly { readonly zone: string; readonly private: Cidr; readonly public: Cidr }[];
}

/**
 * Divide a cluster's IPv4 block: one large private subnet per zone for nodes and pods, and small public
 * ones, for load balancers and NAT, in what is left over. Throws MESH_FILE_INVALID if it does not fit.
 */
export function planSubnets(cluster: EksClusterSpec): SubnetPlan {
  const { cidr: vpc, zones } = cluster;
  if (!vpc) throw new IsthmusError('BUG', `cluster ${cluster.name} has neither cidr nor vpcId`);
  const bits = Math.ceil(Math.log2(zones.length + 1));
  const [privatePrefix, publicPrefix] = [vpc.prefix + bits, vpc.prefix + 2 * bits];
  if (vpc.prefix < 16 || publicPrefix > smallestPrefix) throw sizeError(cluster, vpc, bits);
  const rest = vpc.block(privatePrefix, zones.length);
  return {
    vpc,
    zones: zones.map((zone, at) => ({
      zone,
      private: vpc.block(privatePrefix, at),
      public: rest.block(publicPrefix, at),
    })),
  };
}

function sizeError(cluster: EksClusterSpec, vpc: Cidr, bits: number): IsthmusError {
  return new IsthmusError(
    'MESH_FILE_INVALID',
    `cluster ${cluster.name}: cidr ${vpc} cannot hold the subnets of ${cluster.zones.length} zones`,
    { hint: `give it a block from /16 to /${smallestPrefix - 2 * bits}` },
  );
}
