import type { EksClusterSpec, Topology } from '../../topology/index.ts';
import { AwsAccount } from './account.ts';
import type { AwsTarget, CredentialSource } from './credentials.ts';

/** One {@link AwsAccount} per region and identity, so that credentials are looked up once. */
export class AwsAccounts {
  readonly #credentials: ((target: AwsTarget) => CredentialSource) | undefined;
  readonly #known = new Map<string, AwsAccount>();

  constructor(credentials?: (target: AwsTarget) => CredentialSource) {
    this.#credentials = credentials;
  }

  of({ region, profile }: AwsTarget): AwsAccount {
    const key = JSON.stringify([region, profile]);
    const known =
      this.#known.get(key) ?? new AwsAccount({ region, profile }, this.#credentials?.({ region, profile }));
    this.#known.set(key, known);
    return known;
  }

  /** Every place that the file names, once. */
  all(topology: Topology): AwsAccount[] {
    return [...new Set(eksClusters(topology.clusters).map((spec) => this.of(spec)))];
  }
}

/** Those of the clusters that are ours. */
export function eksClusters(clusters: Topology['clusters']): EksClusterSpec[] {
  return clusters.filter((cluster) => cluster.provider === 'eks');
}
