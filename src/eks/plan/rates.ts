/**
 * List prices in US dollars without taxes, discounts or free tiers, noted in mid-2025 from the public
 * pricing pages of each service and rounded as they are there. They are for an estimate, never for a bill;
 * the AWS Pricing Calculator has today's.
 */
export const ratesAsOf = '2025-06';

export interface Rates {
  /** Per hour: aws.amazon.com/vpc/pricing, NAT gateways. */
  readonly natGateway: number;
  /** Per hour, without capacity units: aws.amazon.com/elasticloadbalancing/pricing, NLB. */
  readonly loadBalancer: number;
  /** Per hour on demand, c6a.large with Linux: aws.amazon.com/ec2/pricing/on-demand. */
  readonly node: number;
  /** Per GB taken in: aws.amazon.com/cloudwatch/pricing, vended and custom logs. */
  readonly logs: number;
}

/** The same in every commercial region: aws.amazon.com/eks/pricing, /vpc/pricing (IPv4), /kms/pricing. */
export const everywhere = {
  /** Per cluster and hour under standard support. */
  controlPlane: 0.1,
  /** Part of a node's on-demand price that Auto Mode adds. */
  autoMode: 0.12,
  /** Per public IPv4 address and hour. */
  publicAddress: 0.005,
  /** Per key and month. */
  key: 1,
  /** Per GB and month of gp3, the nodes' disks. */
  disk: 0.088,
} as const;

const known: Readonly<Record<string, Rates>> = {
  'us-east-1': { natGateway: 0.045, loadBalancer: 0.0225, node: 0.0765, logs: 0.5 },
  'us-east-2': { natGateway: 0.045, loadBalancer: 0.0225, node: 0.0765, logs: 0.5 },
  'us-west-2': { natGateway: 0.045, loadBalancer: 0.0225, node: 0.0765, logs: 0.5 },
  'eu-west-1': { natGateway: 0.048, loadBalancer: 0.0252, node: 0.0821, logs: 0.57 },
  'eu-central-1': { natGateway: 0.052, loadBalancer: 0.027, node: 0.0873, logs: 0.63 },
  'ap-northeast-1': { natGateway: 0.062, loadBalancer: 0.0243, node: 0.0963, logs: 0.76 },
};

/** A region's rates, and whether they are its own or, for want of them, the dearest known. */
export function ratesOf(region: string): { rates: Rates; known: boolean } {
  const own = known[region];
  if (own) return { rates: own, known: true };
  const dearest = (of: keyof Rates): number => Math.max(...Object.values(known).map((rates) => rates[of]));
  return {
    known: false,
    rates: {
      natGateway: dearest('natGateway'),
      loadBalancer: dearest('loadBalancer'),
      node: dearest('node'),
      logs: dearest('logs'),
    },
  };
}
