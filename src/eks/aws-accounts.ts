import type { AwsTarget, CredentialSource } from '../aws/index.ts';
import { AwsAccount } from '../aws/index.ts';
import type { EksClusterSpec, Topology } from '../topology/index.ts';

/** One {@link AwsAccount} per region and identity, so that credentials are looked up once. */
export class AwsAccounts {
  readonly #credentials: ((target: AwsTarget) => CredentialSource) | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #known = new Map<string, AwsAccount>();

  /** @param signal ends every call of every account */
  constructor(credentials?: (target: AwsTarget) => CredentialSource, signal?: AbortSignal) {
    this.#credentials = credentials;
    this.#signal = signal;
  }

  of({ region, profile }: AwsTarget): AwsAccount {
    const key = JSON.stringify([region, profile]);
    const known = this.#known.get(key) ?? this.#open({ region, profile });
    this.#known.set(key, known);
    return known;
  }

  #open(target: AwsTarget): AwsAccount {
    return new AwsAccount(target, { credentials: this.#credentials?.(target), signal: this.#signal });
  }

  /** Every region and identity that the file names, once. */
  all(topology: Topology): AwsAccount[] {
    return [...new Set(eksClusters(topology.clusters).map((spec) => this.of(spec)))];
  }
}

/** Those of the clusters that are ours. */
export function eksClusters(clusters: Topology['clusters']): EksClusterSpec[] {
  return clusters.filter((cluster) => cluster.provider === 'eks');
}
