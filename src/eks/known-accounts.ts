import { isIsthmusError } from '../errors/index.ts';
import type { ClusterSpec, Topology } from '../topology/index.ts';
import type { AwsAccounts } from './aws-accounts.ts';

/** The mesh with the account of every EKS cluster, where the file or usable credentials say which it is. */
export async function withKnownAccounts(topology: Topology, accounts: AwsAccounts): Promise<Topology> {
  const clusters = await Promise.all(topology.clusters.map((spec) => withAccount(spec, accounts)));
  return { ...topology, clusters };
}

async function withAccount(spec: ClusterSpec, accounts: AwsAccounts): Promise<ClusterSpec> {
  if (spec.provider !== 'eks' || spec.account !== undefined) return spec;
  try {
    return { ...spec, account: (await accounts.of(spec).identity()).account };
  } catch (error) {
    // Whoever has no credentials yet is told the policy without it.
    if (isIsthmusError(error) && error.code !== 'INTERRUPTED') return spec;
    throw error;
  }
}
