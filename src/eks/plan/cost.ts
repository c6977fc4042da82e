import type { EksClusterSpec, Topology } from '../../topology/index.ts';
import { eksClusters } from '../aws-accounts.ts';
import { everywhere, type Rates, ratesAsOf, ratesOf } from './rates.ts';

export interface CostItem {
  readonly what: string;
  /** US dollars a month. */
  readonly monthly: number;
}

export interface ClusterCost {
  readonly cluster: string;
  readonly region: string;
  readonly items: readonly CostItem[];
  /** US dollars a month. */
  readonly monthly: number;
}

export interface MeshCost {
  readonly clusters: readonly ClusterCost[];
  /** US dollars a month. */
  readonly monthly: number;
  /** What the estimate rests on. */
  readonly notes: readonly string[];
}

const hours = 730;
/** What istiod, two gateways and the samples settle on: two nodes with 80 GB each. */
const nodes = 2;
const diskGb = 80;
/** What an existing VPC is taken to span while nobody has looked at it. */
const zonesOfUnknownVpc = 3;
/** Every cluster has an ingress and an east-west gateway, each behind a load balancer. */
const gateways = 2;
/** A quiet cluster's control-plane logs. */
const logGb = 5;

/** What the mesh's EKS clusters cost by list prices, before traffic and applications. Pure. */
export function monthlyCost(topology: Topology): MeshCost {
  const specs = eksClusters(topology.clusters);
  const clusters = specs.map(clusterCost);
  const unknown = [...new Set(specs.map(({ region }) => region))].filter((region) => !ratesOf(region).known);
  return {
    clusters,
    monthly: sum(clusters.map(({ monthly }) => monthly)),
    notes: [
      `estimate from list prices of ${ratesAsOf} without taxes, discounts, traffic or your applications`,
      `assumes ${nodes} nodes like c6a.large with ${diskGb} GB and ${logGb} GB of logs a month per cluster`,
      ...(unknown.length > 0
        ? [`no prices known for ${unknown.join(', ')}: the dearest known are used`]
        : []),
    ],
  };
}

function clusterCost(spec: EksClusterSpec): ClusterCost {
  const items = [
    ...fixedItems(ratesOf(spec.region).rates),
    ...networkItems(spec, ratesOf(spec.region).rates),
  ];
  return {
    cluster: spec.name,
    region: spec.region,
    items,
    monthly: sum(items.map(({ monthly }) => monthly)),
  };
}

function fixedItems(rates: Rates): CostItem[] {
  return [
    item('EKS control plane', everywhere.controlPlane * hours),
    item(`${nodes} nodes`, nodes * (rates.node * hours + diskGb * everywhere.disk)),
    item('Auto Mode', nodes * rates.node * everywhere.autoMode * hours),
    item('control-plane logs', logGb * rates.logs),
    item('KMS key', everywhere.key),
  ];
}

function networkItems(spec: EksClusterSpec, rates: Rates): CostItem[] {
  const zones = spec.zones.length || zonesOfUnknownVpc;
  const gatewaysInVpc = spec.vpcId !== undefined ? 0 : spec.natGateways === 'per-zone' ? zones : 1;
  const facing = Object.values(spec.gateways).filter(({ exposure }) => exposure === 'internet-facing');
  const balancerAddresses = facing.length * zones;
  const addresses = gatewaysInVpc + balancerAddresses;
  return [
    item(`${gateways} load balancers`, gateways * rates.loadBalancer * hours),
    ...(gatewaysInVpc > 0
      ? [item(counted(gatewaysInVpc, 'NAT gateway'), gatewaysInVpc * rates.natGateway * hours)]
      : []),
    ...(addresses > 0
      ? [item(counted(addresses, 'public IPv4 address', 'es'), addresses * everywhere.publicAddress * hours)]
      : []),
  ];
}

const counted = (count: number, what: string, plural = 's'): string =>
  `${count} ${what}${count === 1 ? '' : plural}`;
const item = (what: string, monthly: number): CostItem => ({ what, monthly: cents(monthly) });
const sum = (amounts: readonly number[]): number =>
  cents(amounts.reduce((total, amount) => total + amount, 0));
const cents = (amount: number): number => Math.round(amount * 100) / 100;
