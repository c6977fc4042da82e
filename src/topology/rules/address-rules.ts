import { type Cidr, familyLabel, localCidrs, serviceCidrs } from '../ip.ts';
import type { Fault } from './fault.ts';
import { clusterPath, type IndexedCluster } from './indexed-cluster.ts';

interface Addressed extends IndexedCluster {
  readonly block: Cidr;
}

/** Every cluster has addresses that suit its provider and that nothing else in the mesh uses. */
export function addressFaults(clusters: readonly IndexedCluster[]): Fault[] {
  const addressed = clusters.flatMap((cluster) => {
    const { cidr } = cluster.spec;
    return cidr ? [{ ...cluster, block: cidr }] : [];
  });
  return [
    ...clusters.flatMap(missingCidr),
    ...addressed.flatMap((one) => familyFaults(one) ?? sizeFaults(one)),
    ...addressed.flatMap(reservedFaults),
    ...overlapFaults(addressed),
  ];
}

function missingCidr(cluster: IndexedCluster): Fault[] {
  const { spec } = cluster;
  if (spec.cidr !== undefined || spec.provider !== 'eks' || spec.vpcId !== undefined) return [];
  return [
    {
      path: clusterPath(cluster, 'cidr'),
      message: 'the key "cidr" is missing',
      hint: 'add cidr, for instance 10.1.0.0/16, or vpcId to use an existing VPC',
    },
  ];
}

/** Undefined when the family is right. */
function familyFaults(cluster: Addressed): Fault[] | undefined {
  const { spec, block } = cluster;
  const path = clusterPath(cluster, 'cidr');
  if (spec.provider === 'eks' && block.family === 'ipv6')
    return [
      {
        path,
        message: `cidr "${block}" is IPv6, but a VPC’s own block is always IPv4`,
        hint: 'give an IPv4 block; with ipFamily: ipv6 AWS assigns the IPv6 block besides it',
      },
    ];
  if (spec.provider === 'eks' || block.family === spec.ipFamily) return undefined;
  return [
    {
      path,
      message: `cidr "${block}" is ${familyLabel[block.family]}, but the cluster’s ipFamily is ${spec.ipFamily}`,
      hint: `give an ${familyLabel[spec.ipFamily]} block or set ipFamily: ${block.family}`,
    },
  ];
}

function sizeFaults(cluster: Addressed): Fault[] {
  const { spec, block } = cluster;
  const path = clusterPath(cluster, 'cidr');
  const longest = block.family === 'ipv4' ? 20 : 112;
  if (spec.provider === 'local' && block.prefix > longest)
    return [
      {
        path,
        message: `cidr "${block}" is too small for a local cluster`,
        hint: `use a prefix of /${longest} or shorter`,
      },
    ];
  if (spec.provider === 'eks' && (block.prefix < 16 || block.prefix > 28))
    return [
      {
        path,
        message: `cidr "${block}" is not a size that a VPC can have`,
        hint: 'use a prefix from /16 to /28; /16 leaves room for pods',
      },
    ];
  return [];
}

const services = { block: serviceCidrs.ipv4, use: 'the Services of every cluster' };
/** The IPv6 block holds the Services of local clusters as well. */
const local = [localCidrs.ipv4, localCidrs.ipv6].map((block) => ({
  block,
  use: 'the nodes and load balancers of local clusters',
}));

function reservedFaults(cluster: Addressed): Fault[] {
  const { provider } = cluster.spec;
  if (provider === 'existing') return [];
  const taken = provider === 'local' ? [services, ...local] : [services];
  return taken
    .filter(({ block }) => block.overlaps(cluster.block))
    .map(({ block, use }) => ({
      path: clusterPath(cluster, 'cidr'),
      message: `cidr "${cluster.block}" overlaps ${block}, which holds ${use}`,
      hint: `choose another private block, for instance inside ${privateBlock[block.family]}`,
    }));
}

const privateBlock = { ipv4: '10.0.0.0/8', ipv6: 'fd00::/16' } as const;

function overlapFaults(clusters: readonly Addressed[]): Fault[] {
  const faults: Fault[] = [];
  for (const [position, cluster] of clusters.entries()) {
    const other = clusters.slice(0, position).find((one) => collide(one, cluster));
    if (!other) continue;
    faults.push({
      path: clusterPath(cluster, 'cidr'),
      message: `cidr "${cluster.block}" overlaps "${other.block}" of cluster "${other.spec.name}"`,
      hint: 'give every cluster a block of its own, for instance 10.1.0.0/16, 10.2.0.0/16, …',
    });
  }
  return faults;
}

function collide(a: Addressed, b: Addressed): boolean {
  return a.block.overlaps(b.block) && !shareVpc(a, b);
}

/** Clusters may live in one VPC: EKS clusters that name it, and existing ones that share a network. */
function shareVpc({ spec: a }: Addressed, { spec: b }: Addressed): boolean {
  if (a.provider === 'eks' && b.provider === 'eks') return a.vpcId !== undefined && a.vpcId === b.vpcId;
  const bothExist = a.provider === 'existing' && b.provider === 'existing';
  return bothExist && a.network !== undefined && a.network === b.network;
}
