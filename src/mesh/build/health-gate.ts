import { IsthmusError, isIsthmusError } from '../../errors/index.ts';
import { NotReady, waitUntil } from '../../process/index.ts';
import type { CheckResult } from '../../report/index.ts';
import type { Topology } from '../../topology/index.ts';
import type { Session } from '../session/session.ts';
import type { HealthGate } from './in-turn.ts';
import { membersByName, topologyOf } from './members.ts';

/**
 * Whether clusters and the ways between them work. Not whether every cluster has what the file wants of
 * it, which is untrue on purpose until the last one was changed.
 */
const checksBetween = [
  'clusters',
  'istiod',
  'injection',
  'gateways',
  'lb',
  'reach',
  'secrets',
  'remotes',
  'shards',
  'trust',
  'sync',
  'traffic',
];

export interface HealthGateOptions {
  /** One round of checks on the clusters of this topology. */
  readonly check: (names: readonly string[], topology: Topology) => Promise<CheckResult[]>;
  /** Milliseconds until what was changed must be well. */
  readonly waitMs: number;
}

/**
 * Look at the mesh before anything is changed. The gate it gives opens when everything about changed
 * clusters is well, and nothing about the others is worse than it was; else it throws CHECKS_FAILED.
 * Clusters that are not in the mesh yet are not asked about before they are changed.
 */
export async function openHealthGate(
  session: Session,
  { check, waitMs }: HealthGateOptions,
): Promise<HealthGate> {
  const { topology } = session;
  const members = await membersByName(session);
  const round = (names: ReadonlySet<string>) =>
    names.size === 0 ? Promise.resolve([]) : check(checksBetween, topologyOf(topology, names));
  const before = new Set((await round(members)).filter(isBad).map(resultLabel));
  return async (changed) => {
    let failed: CheckResult[] = [];
    const looked = new Set([...members, ...changed]);
    try {
      await waitUntil({ ...gateTimes, timeoutMs: waitMs, signal: session.context.signal }, async () => {
        const bad = (await round(looked)).filter(isBad);
        failed = bad.filter((result) => isAbout(result, changed, looked) || !before.has(resultLabel(result)));
        if (failed.length > 0) throw new NotReady(failed.map(resultLabel).join(', '));
      });
    } catch (error) {
      if (isIsthmusError(error) && error.code === 'TIMED_OUT' && failed.length > 0) throw notWell(failed);
      throw error;
    }
  };
}

const gateTimes = { what: 'the mesh to be well', delayMs: 500, maxDelayMs: 3000 };

const isBad = ({ outcome: { status } }: CheckResult) => status === 'fail' || status === 'blocked';
const resultLabel = ({ id, subject }: CheckResult) => (subject ? `${id} (${subject})` : id);

/** Is it about changed clusters alone? What has no subject is about all that are looked at. */
function isAbout({ subject }: CheckResult, changed: readonly string[], looked: ReadonlySet<string>): boolean {
  return (subject?.split(' → ') ?? [...looked]).every((name) => changed.includes(name));
}

function notWell(failed: readonly CheckResult[]): IsthmusError {
  return new IsthmusError('CHECKS_FAILED', `the mesh is not well: ${failed.map(resultLabel).join(', ')}`, {
    hint: 'isthmus doctor tells why; isthmus up --sequential goes on from here',
    problems: failed.flatMap(({ outcome }) => ('problems' in outcome ? outcome.problems : [])),
  });
}
