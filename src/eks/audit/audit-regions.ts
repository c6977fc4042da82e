import type { Leftover } from '../../provider/index.ts';
import type { AwsAccounts } from '../aws-accounts.ts';
import { auditPlace } from './audit.ts';
import { auditOtherRegions, type OtherRegions } from './other-regions.ts';

/** Once in an operation, to which the accounts belong: nothing that it does changes what is there. */
const elsewhere = new WeakMap<AwsAccounts, Promise<readonly Leftover[]>>();

/** Whatever of a mesh still exists in the regions of its file, and in the others of the same accounts. */
export async function auditRegions(mesh: OtherRegions): Promise<readonly Leftover[]> {
  const { topology, accounts } = mesh;
  const others = elsewhere.get(accounts) ?? auditOtherRegions(mesh);
  elsewhere.set(accounts, others);
  const named = accounts.all(topology).map((account) => auditPlace({ mesh: topology.name, account }));
  return (await Promise.all([others, ...named])).flat();
}
