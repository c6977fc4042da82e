import { cidrOf, type EksClusterSpec, type Topology } from '../../../src/topology/index.ts';
import { defaultZones } from '../../../src/topology/zones.ts';
import { internalGateways } from '../../fakes/gateways.ts';

/** One EKS cluster as the file's defaults make it, with what a test changes. */
export function eksSpec(change: Partial<EksClusterSpec> = {}): EksClusterSpec {
  const region = change.region ?? 'eu-west-1';
  return {
    provider: 'eks',
    name: 'east',
    network: 'network1',
    index: 0,
    cidr: cidrOf('10.1.0.0/16'),
    ipFamily: 'ipv4',
    gatewayFamilies: ['ipv4'],
    gateways: internalGateways,
    region,
    account: undefined,
    profile: undefined,
    zones: change.vpcId === undefined ? defaultZones(region) : [],
    zonesStated: false,
    natGateways: 'single',
    kubernetesVersion: '1.35',
    upgradePolicy: 'STANDARD',
    cloudFormationRole: undefined,
    permissionsBoundary: undefined,
    vpcId: undefined,
    subnetIds: [],
    endpoint: { public: true, private: true, publicCidrs: [cidrOf('203.0.113.0/24')] },
    adminPrincipals: ['arn:aws:iam::111122223333:role/ops'],
    logRetentionDays: 30,
    terminationProtection: false,
    tags: { team: 'platform' },
    ...change,
  };
}

export function meshOf(...clusters: EksClusterSpec[]): Topology {
  return {
    name: 'demo',
    file: undefined,
    meshID: 'mesh1',
    trustDomain: 'cluster.local',
    istio: {
      version: '1.31.0',
      hub: 'docker.io/istio',
      remoteSecretDays: 365,
      remoteAccess: 'auto',
      replicas: 2,
      mtls: 'strict',
    },
    trust: { algorithm: 'ecdsa-p256', rootYears: 10, intermediateDays: 365 },
    samples: true,
    services: [],
    sharedNamespaces: [],
    clusters,
  };
}

/** Two clusters in two regions, one of each IP family: what the committed policy is made for. */
export const documented = meshOf(
  eksSpec({ region: 'eu-central-1', adminPrincipals: [], gatewayFamilies: ['ipv4', 'ipv6'] }),
  eksSpec({
    name: 'west',
    network: 'network2',
    index: 1,
    cidr: cidrOf('10.2.0.0/16'),
    region: 'us-east-1',
    ipFamily: 'ipv6',
    gatewayFamilies: ['ipv6', 'ipv4'],
  }),
);

/** Every kind of stack that we make. */
export const variants: Readonly<Record<string, EksClusterSpec>> = {
  ipv4: eksSpec(),
  ipv6: eksSpec({ ipFamily: 'ipv6', gatewayFamilies: ['ipv6'] }),
  'ipv4-with-ipv6-peers': eksSpec({ gatewayFamilies: ['ipv4', 'ipv6'] }),
  'ipv6-with-ipv4-peers': eksSpec({ ipFamily: 'ipv6', gatewayFamilies: ['ipv6', 'ipv4'] }),
  'per-zone-nat': eksSpec({ natGateways: 'per-zone', terminationProtection: true, logRetentionDays: 7 }),
  'peers-at-the-api-server': eksSpec({
    endpoint: { public: true, private: true, publicCidrs: [cidrOf('203.0.113.0/24'), 'peers'] },
  }),
  bounded: eksSpec({
    upgradePolicy: 'EXTENDED',
    permissionsBoundary: 'arn:aws:iam::111122223333:policy/boundary',
  }),
  'existing-vpc': eksSpec({
    vpcId: 'vpc-0123456789abcdef0',
    endpoint: { public: false, private: true, publicCidrs: [] },
  }),
};
