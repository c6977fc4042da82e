import type { FileCluster } from '../schema/cluster-schema.ts';
import { statedRanges } from '../source-ranges.ts';
import { unpredictableRegions } from '../zones.ts';
import { type Fault, valueText } from './fault.ts';
import { clusterPath, type IndexedCluster } from './indexed-cluster.ts';

interface EksCluster extends IndexedCluster {
  readonly spec: Extract<FileCluster, { provider: 'eks' }>;
}

/** What AWS would refuse only after minutes. */
export function eksFaults(clusters: readonly IndexedCluster[]): Fault[] {
  return clusters
    .filter((cluster): cluster is EksCluster => cluster.spec.provider === 'eks')
    .flatMap((cluster) => [
      ...zoneFaults(cluster),
      ...endpointFaults(cluster),
      ...accountFaults(cluster),
      ...tagFaults(cluster),
      ...schemeFaults(cluster),
      ...subnetFaults(cluster),
    ]);
}

function zoneFaults(cluster: EksCluster): Fault[] {
  const { region, zones, vpcId } = cluster.spec;
  if (zones === undefined)
    return vpcId === undefined && unpredictableRegions.includes(region)
      ? [
          {
            path: clusterPath(cluster, 'zones'),
            message: `the zones of "${region}" differ between accounts and none are given`,
            hint: `add zones, for instance [${region}a, ${region}c], as your account has them`,
          },
        ]
      : [];
  const faults = zones.flatMap((zone, position) => zoneFault(cluster, zone, position));
  if (zones.length < 2)
    faults.push({
      path: clusterPath(cluster, 'zones'),
      message: `zones ${valueText(zones)} are fewer than the two that EKS needs`,
      hint: 'name at least two zones, better three, or leave zones out',
    });
  return faults;
}

function zoneFault({ spec, index }: EksCluster, zone: string, position: number): Fault[] {
  const path = ['spec', 'clusters', index, 'zones', position];
  if (spec.zones?.indexOf(zone) !== position)
    return [{ path, message: `the zone "${zone}" is there twice`, hint: 'name every zone once' }];
  if (zone.startsWith(spec.region) && /^[a-z]$/.test(zone.slice(spec.region.length))) return [];
  return [
    {
      path,
      message: `the zone "${zone}" is not an availability zone of region "${spec.region}"`,
      hint: `zones of that region are named like ${spec.region}a`,
    },
  ];
}

function endpointFaults(cluster: EksCluster): Fault[] {
  const { endpoint } = cluster.spec;
  if (!endpoint.public && !endpoint.private)
    return [
      {
        path: clusterPath(cluster, 'endpoint'),
        message: 'endpoint has public: false and private: false, so that nothing reaches the API server',
        hint: 'set at least one of the two to true',
      },
    ];
  const { publicCidrs } = endpoint;
  if (endpoint.public && publicCidrs.length > 0 && statedRanges(publicCidrs).length === 0)
    return [
      {
        path: clusterPath(cluster, 'endpoint', 'publicCidrs'),
        message: `publicCidrs ${valueText(publicCidrs.map(String))} let in nobody but the peers, so not whoever runs isthmus`,
        hint: 'add the addresses that you come from',
      },
    ];
  if (endpoint.public || publicCidrs.length === 0) return [];
  return [
    {
      path: clusterPath(cluster, 'endpoint', 'publicCidrs'),
      message: `publicCidrs ${valueText(publicCidrs.map(String))} have no effect with public: false`,
      hint: 'remove publicCidrs or set public: true',
    },
  ];
}

function accountFaults(cluster: EksCluster): Fault[] {
  const { account, adminPrincipals } = cluster.spec;
  return adminPrincipals.flatMap((arn, position) => {
    const owner = arn.split(':')[4];
    if (account === undefined || owner === account) return [];
    return [
      {
        path: clusterPath(cluster, 'adminPrincipals', position),
        message: `adminPrincipals[${position}] "${arn}" is of account ${owner}, not of the cluster’s ${account}`,
        hint: 'name a role of the cluster’s own account; others assume it',
      },
    ];
  });
}

function subnetFaults(cluster: EksCluster): Fault[] {
  const { subnetIds, vpcId } = cluster.spec;
  if (subnetIds.length === 0 || (vpcId !== undefined && subnetIds.length > 1)) return [];
  const path = clusterPath(cluster, 'subnetIds');
  return vpcId === undefined
    ? [{ path, message: 'subnetIds are of no VPC', hint: 'add vpcId, or remove subnetIds to get a new VPC' }]
    : [
        {
          path,
          message: 'subnetIds has one subnet, but EKS needs two zones',
          hint: 'name subnets of two zones',
        },
      ];
}

const schemeAnnotation = /aws-load-balancer-(scheme|internal)$/;

/** What `exposure` says must not be unsaid by an annotation. */
function schemeFaults(cluster: EksCluster): Fault[] {
  return (['ingress', 'eastWest'] as const).flatMap((gateway) =>
    Object.keys(cluster.spec.gateways[gateway].annotations)
      .filter((key) => schemeAnnotation.test(key))
      .map((key) => ({
        path: clusterPath(cluster, 'gateways', gateway, 'annotations', key),
        at: 'key' as const,
        message: `the annotation "${key}" says what exposure says already`,
        hint: 'remove it and set exposure: internal or internet-facing',
      })),
  );
}

function tagFaults(cluster: EksCluster): Fault[] {
  return Object.keys(cluster.spec.tags)
    .filter((key) => /^(aws|isthmus):/i.test(key))
    .map((key) => ({
      path: clusterPath(cluster, 'tags', key),
      at: 'key' as const,
      message: `the tag "${key}" has a reserved prefix`,
      hint: 'aws: belongs to AWS and isthmus: to isthmus; choose another key',
    }));
}
