import pLimit from 'p-limit';
import { type AwsAccount, awsError } from '../../aws/index.ts';
import { isIsthmusError } from '../../errors/index.ts';
import type { Leftover } from '../../provider/index.ts';
import { note, type Reporter } from '../../report/index.ts';
import type { Topology } from '../../topology/index.ts';
import type { AwsAccounts } from '../aws-accounts.ts';
import { meshTag } from '../names.ts';
import { listStacks } from '../stack/stack-state.ts';
import { auditPlace } from './audit.ts';

/** Regions that are asked at the same time. */
const concurrency = 8;

/** A mesh, and where to look for it. */
export interface OtherRegions {
  readonly topology: Topology;
  readonly accounts: AwsAccounts;
  readonly reporter: Reporter;
}

/** What a look into one region came to: what is there, or why nobody could look. */
interface RegionLook {
  readonly region: string;
  readonly leftovers: readonly Leftover[];
  readonly refusal?: string;
}

/**
 * What of a mesh exists in the enabled regions of its accounts that its file does not name, or no
 * longer. Looks only, and nothing that removes a mesh goes there: it may be somebody else's of the same
 * name. Says which regions were looked at and which refused.
 */
export async function auditOtherRegions(where: OtherRegions): Promise<readonly Leftover[]> {
  const limit = pLimit(concurrency);
  const others = await unnamedRegions(where);
  const looks = [
    ...others.refusals,
    ...(await Promise.all(others.accounts.map((one) => limit(() => lookIn(where.topology.name, one))))),
  ];
  say(where.reporter, looks);
  return looks.flatMap(({ leftovers }) => leftovers);
}

/**
 * By AWS account, as two profiles may be of one: what the file names of an account by any of them is named.
 * Where the list of regions itself is refused, that is all there is to say.
 */
async function unnamedRegions({ topology, accounts }: OtherRegions) {
  const found = await Promise.all(
    [...(await byAccount(accounts.all(topology)))].map(async ([account, regionsNamed]) => {
      try {
        const regions = (await enabledRegions(account)).filter((region) => !regionsNamed.has(region));
        return regions.map((region) => accounts.of({ region, profile: account.target.profile }));
      } catch (error) {
        return refusalOf('every other region', error);
      }
    }),
  );
  return {
    accounts: found.flatMap((one) => (Array.isArray(one) ? one : [])),
    refusals: found.flatMap((one) => (Array.isArray(one) ? [] : [one])),
  };
}

/** One way into each AWS account, and the regions that the file names of it. */
async function byAccount(
  named: readonly AwsAccount[],
): Promise<ReadonlyMap<AwsAccount, ReadonlySet<string>>> {
  const ids = await Promise.all(named.map(accountOf));
  const ways = new Map(ids.map((id, at) => [id, named[at] as AwsAccount]));
  return new Map(
    [...ways].map(([id, way]) => [
      way,
      new Set(named.filter((_, at) => ids[at] === id).map(({ target }) => target.region)),
    ]),
  );
}

/** The AWS account's number; where nobody says it, the profile stands for an account of its own. */
async function accountOf(account: AwsAccount): Promise<string> {
  try {
    return (await account.identity()).account;
  } catch (error) {
    if (!isIsthmusError(error) || error.code === 'INTERRUPTED') throw error;
    return `profile ${account.target.profile ?? ''}`;
  }
}

async function enabledRegions(account: AwsAccount): Promise<string[]> {
  const { DescribeRegionsCommand } = await import('@aws-sdk/client-ec2');
  try {
    const { Regions = [] } = await (await account.ec2()).send(new DescribeRegionsCommand({}));
    return Regions.flatMap(({ RegionName }) => RegionName ?? []).sort();
  } catch (error) {
    throw awsError(error, 'listing the enabled regions');
  }
}

async function lookIn(mesh: string, account: AwsAccount): Promise<RegionLook> {
  const { region } = account.target;
  try {
    if (!(await isInUse(mesh, account))) return { region, leftovers: [] };
    const found = await auditPlace({ mesh, account });
    const leftovers = found.map((one) => ({ ...one, detail: `${one.detail}, which the file does not name` }));
    return { region, leftovers };
  } catch (error) {
    return refusalOf(region, error);
  }
}

/** Two calls tell it: what isthmus makes is a stack, and most of what that makes bears its tag in EC2. */
async function isInUse(mesh: string, account: AwsAccount): Promise<boolean> {
  const stacks = await listStacks(account);
  if (stacks.some(({ state }) => state.tags[meshTag] === mesh)) return true;
  const { paginateDescribeTags } = await import('@aws-sdk/client-ec2');
  const client = await account.ec2();
  const Filters = [
    { Name: 'key', Values: [meshTag] },
    { Name: 'value', Values: [mesh] },
  ];
  try {
    // EC2 may answer with an empty page before those that have something.
    for await (const { Tags = [] } of paginateDescribeTags({ client }, { Filters }))
      if (Tags.length > 0) return true;
    return false;
  } catch (error) {
    throw awsError(error, `looking for tags in EC2 in ${account.target.region}`);
  }
}

/** Organisations close regions to their accounts, which must keep nobody from removing a mesh elsewhere. */
function refusalOf(region: string, error: unknown): RegionLook {
  if (!isIsthmusError(error) || error.code === 'INTERRUPTED') throw error;
  return { region, leftovers: [], refusal: error.message };
}

function say(reporter: Reporter, looks: readonly RegionLook[]): void {
  const looked = looks.filter(({ refusal }) => refusal === undefined).map(({ region }) => region);
  const refused = looks.flatMap(({ region, refusal }) => (refusal ? `${region} (${refusal})` : []));
  if (looked.length > 0)
    note(reporter, {
      level: 'info',
      code: 'REGIONS_AUDITED',
      message: `leftovers were also looked for in ${looked.join(', ')}`,
    });
  if (refused.length > 0)
    note(reporter, {
      level: 'warn',
      code: 'REGIONS_UNSEEN',
      message: `leftovers could not be looked for in ${refused.join('; ')}`,
    });
}
