import { isIsthmusError } from '../../errors/index.ts';
import type { ProviderChange } from '../../provider/index.ts';
import type { Topology } from '../../topology/index.ts';
import { clusterTag, meshTag, stackName } from '../names.ts';
import { requireOwn } from '../ownership.ts';
import { detectDrift } from '../stack/drift.ts';
import { firstFailure } from '../stack/stack-failure.ts';
import { listStacks, observeStack, type StackState, stackEvents } from '../stack/stack-state.ts';
import type { StackWork } from '../stack/stack-work.ts';
import { withAssembly } from '../template/assembly.ts';
import { contentsOf, stackDifferences } from './stack-diff.ts';

export interface StackPlanning {
  readonly topology: Topology;
  readonly wanted: readonly StackWork[];
}

/** What `up` would do to every cluster of the file, and which stacks of the mesh the file no longer has. */
export async function planStacks({ topology, wanted }: StackPlanning): Promise<ProviderChange[]> {
  const changes = await Promise.all(wanted.map(planCluster));
  return [...changes.flat(), ...(await unwanted(topology, wanted))];
}

/** Where those that are wanted are, so that one account that refuses to tell hides nothing of the others. */
async function unwanted(topology: Topology, wanted: readonly StackWork[]): Promise<ProviderChange[]> {
  const names = new Set(topology.clusters.map(({ name }) => name));
  const accounts = [...new Set(wanted.map(({ account }) => account))];
  const found = await Promise.all(
    accounts.map(async (account) => {
      const stacks = await listStacks(account).catch(withoutCredentials);
      return stacks.map((stack) => ({ ...stack, region: account.target.region }));
    }),
  );
  return found
    .flat()
    .filter(({ state }) => state.tags[meshTag] === topology.name && !names.has(state.tags[clusterTag] ?? ''))
    .map(({ name, state, region }) => ({
      cluster: state.tags[clusterTag] ?? '',
      action: 'remove',
      what: `CloudFormation stack ${name} in ${region}`,
      details: [],
    }));
}

/** Each cluster's own change says that there are none. */
function withoutCredentials(error: unknown): [] {
  if (isIsthmusError(error) && error.code === 'AWS_CREDENTIALS_MISSING') return [];
  throw error;
}

/**
 * What `up` would do to one cluster's stack, and its drift. For a stranger, who has neither keys nor a profile, what it
 * would do from nothing; whoever cannot use what he has may have a mesh, of which only the error is told.
 */
async function planCluster(planning: StackWork): Promise<ProviderChange[]> {
  const { spec, account, topology } = planning;
  const stack = stackName(topology.name, spec.name);
  try {
    await account.requireAccount(spec.name, spec.account);
    const state = await observeStack(account, stack);
    if (state.phase !== 'absent')
      requireOwn(`stack ${stack}`, state.tags, { mesh: topology.name, cluster: spec.name });
    return state.phase === 'good' ? await compare(planning, state) : [await mend(planning, state)];
  } catch (error) {
    if (!isIsthmusError(error) || error.code !== 'AWS_CREDENTIALS_MISSING') throw error;
    if (await account.isConfigured()) throw error;
    const blind = 'no AWS credentials: shown as if nothing existed yet';
    const { code, message, hint } = error;
    const unseen = { cluster: spec.name, code, message, hint };
    return [{ ...change(planning, 'create', [blind, ...(await contents(planning))]), unseen }];
  }
}

/** A stack that is well: what the file changes, and what someone changed behind its back. */
async function compare(planning: StackWork, state: StackState): Promise<ProviderChange[]> {
  const [differences, drift] = await Promise.all([stackDifferences(planning, state), detectDrift(planning)]);
  const unseen = drift.unseen === undefined ? [] : [drift.unseen];
  const own = change(planning, differences.length > 0 ? 'update' : 'none', [...differences, ...unseen]);
  if (drift.lines.length === 0) return [own];
  return [own, change(planning, 'drift', [...drift.lines, `up does not undo it: ${drift.remedy}`])];
}

/** What `up` does first about a stack that is not there or not well. */
async function mend(planning: StackWork, state: StackState): Promise<ProviderChange> {
  const { account, topology, spec } = planning;
  const stack = stackName(topology.name, spec.name);
  switch (state.phase) {
    case 'absent':
      return change(planning, 'create', await contents(planning));
    case 'busy':
      return change(planning, 'update', [`it is ${state.status}; up waits for that and goes on`]);
    case 'dead': {
      const failure = firstFailure(await stackEvents(account, state.id ?? stack));
      const why = failure ? [`first failure: ${failure.resource}: ${failure.reason}`] : [];
      return change(planning, 'create', [
        `it is ${state.status}; up deletes it and creates it again`,
        ...why,
      ]);
    }
    default:
      return change(planning, 'update', [
        `it is ${state.status}; mend the cause and continue its roll-back first`,
      ]);
  }
}

function contents({ topology, spec }: StackWork): Promise<string[]> {
  return withAssembly(topology, spec, async (_, template) => contentsOf(template));
}

function change(
  { topology, spec }: StackWork,
  action: ProviderChange['action'],
  details: readonly string[],
): ProviderChange {
  const what = `CloudFormation stack ${stackName(topology.name, spec.name)} in ${spec.region}`;
  return { cluster: spec.name, action, what, details };
}
