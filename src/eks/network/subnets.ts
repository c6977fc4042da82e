import ipaddr from 'ipaddr.js';
import { IsthmusError } from '../../errors/index.ts';
import type { EksClusterSpec } from '../../topology/index.ts';

/** EC2 allows no smaller subnet. */
const smallestPrefix = 28;

export interface SubnetPlan {
  readonly vpc: string;
  readonly zones: readonly { readonly zone: string; readonly private: string; readonly public: string }[];
}

/**
 * Divide a cluster's IPv4 block: one large private subnet per zone for nodes and pods, and small public
 * ones, for load balancers and NAT, in what is left over. Throws MESH_FILE_INVALID if it does not fit.
 */
export function planSubnets(cluster: EksClusterSpec): SubnetPlan {
  const vpc = vpcCidr(cluster);
  const { zones } = cluster;
  const [network, prefix] = ipaddr.IPv4.parseCIDR(vpc);
  const bits = Math.ceil(Math.log2(zones.length + 1));
  if (prefix < 16 || prefix + 2 * bits > smallestPrefix) throw sizeError(cluster, vpc, bits);
  const base = toNumber(network);
  const privateSize = 2 ** (32 - prefix - bits);
  const publicSize = privateSize / 2 ** bits;
  const publicBase = base + zones.length * privateSize;
  return {
    vpc,
    zones: zones.map((zone, at) => ({
      zone,
      private: block(base + at * privateSize, prefix + bits),
      public: block(publicBase + at * publicSize, prefix + 2 * bits),
    })),
  };
}

/** A VPC always has an IPv4 block, also when its pods are IPv6; the file's block may be either. */
function vpcCidr(cluster: EksClusterSpec): string {
  if (cluster.cidr !== undefined && ipaddr.IPv4.isValidCIDR(cluster.cidr)) return cluster.cidr;
  return `10.${cluster.index + 1}.0.0/16`;
}

function sizeError(cluster: EksClusterSpec, vpc: string, bits: number): IsthmusError {
  return new IsthmusError(
    'MESH_FILE_INVALID',
    `cluster ${cluster.name}: cidr ${vpc} cannot hold the subnets of ${cluster.zones.length} zones`,
    { hint: `give it a block from /16 to /${smallestPrefix - 2 * bits}` },
  );
}

const toNumber = (address: ipaddr.IPv4): number =>
  address.toByteArray().reduce((sum, byte) => sum * 256 + byte, 0);

function block(start: number, prefix: number): string {
  const bytes = [24, 16, 8, 0].map((shift) => Math.floor(start / 2 ** shift) % 256);
  return `${bytes.join('.')}/${prefix}`;
}
