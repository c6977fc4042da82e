import { isIsthmusError } from '../errors/index.ts';
import type { ProviderChange, ProviderContext } from '../provider/index.ts';
import type { SpanHandle } from '../report/index.ts';
import type { EksClusterSpec, Topology } from '../topology/index.ts';
import type { AwsAccount } from './account.ts';
import { stackDrift } from './drift.ts';
import { clusterTag, meshTag, stackName } from './names.ts';
import type { Places } from './places.ts';
import { contentsOf, stackDifferences } from './stack-diff.ts';
import { firstFailure } from './stack-failure.ts';
import { listStacks, observeStack, type StackState, stackEvents } from './stack-state.ts';
import { withAssembly } from './template/assembly.ts';

export interface Planning {
  readonly topology: Topology;
  readonly spec: EksClusterSpec;
  readonly account: AwsAccount;
  readonly handle: SpanHandle;
  readonly signal: AbortSignal;
  readonly pollMs: number;
}

export interface MeshPlanning {
  readonly context: ProviderContext;
  readonly wanted: readonly EksClusterSpec[];
  readonly places: Places;
  readonly handle: SpanHandle;
  readonly pollMs: number;
}

/** What `up` would do to every cluster of the file, and which stacks of the mesh the file no longer has. */
export async function planMesh({ context, places, ...rest }: MeshPlanning): Promise<ProviderChange[]> {
  const { topology, signal } = context;
  const { handle, pollMs } = rest;
  const changes = await Promise.all(
    rest.wanted.map((spec) =>
      planCluster({ topology, spec, account: places.of(spec), handle, signal, pollMs }),
    ),
  );
  return [...changes, ...(await unwanted(topology, places))];
}

async function unwanted(topology: Topology, places: Places): Promise<ProviderChange[]> {
  const names = new Set(topology.clusters.map(({ name }) => name));
  const found = await Promise.all(
    places.all(topology).map(async (account) => {
      const stacks = await listStacks(account).catch(withoutCredentials);
      return stacks.map((stack) => ({ ...stack, region: account.place.region }));
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

/** What `up` would do to one cluster's stack; without credentials, what it would do from nothing. */
export async function planCluster(planning: Planning): Promise<ProviderChange> {
  const { spec, account, topology } = planning;
  const stack = stackName(topology.name, spec.name);
  try {
    await account.requireAccount(spec.name, spec.account);
    return await compare(planning, await observeStack(account, stack));
  } catch (error) {
    if (!isIsthmusError(error) || error.code !== 'AWS_CREDENTIALS_MISSING') throw error;
    const blind = 'no AWS credentials: shown as if nothing existed yet';
    return change(planning, 'create', [blind, ...(await contents(planning))]);
  }
}

async function compare(planning: Planning, state: StackState): Promise<ProviderChange> {
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
    case 'stuck':
      return change(planning, 'update', [
        `it is ${state.status}; mend the cause and continue its roll-back first`,
      ]);
    case 'good': {
      const differences = await stackDifferences(planning, state);
      const drift = await driftDetails(planning, stack);
      return change(planning, differences.length > 0 ? 'update' : 'none', [...differences, ...drift]);
    }
  }
}

/** Drift that cannot be looked at is said, not hidden: it needs permissions that the rest does not. */
async function driftDetails({ account, signal, pollMs }: Planning, stack: string): Promise<string[]> {
  try {
    const lines = await stackDrift(account, stack, { signal, pollMs });
    return lines.map((line) => `${line} (up does not undo it)`);
  } catch (error) {
    if (!isIsthmusError(error) || error.code !== 'AWS_REFUSED') throw error;
    return [`drift was not looked at: ${error.message}`];
  }
}

function contents({ topology, spec }: Planning): Promise<string[]> {
  return withAssembly(topology, spec, async (_, template) => contentsOf(template));
}

function change(
  { topology, spec }: Planning,
  action: ProviderChange['action'],
  details: readonly string[],
): ProviderChange {
  const what = `CloudFormation stack ${stackName(topology.name, spec.name)} in ${spec.region}`;
  return { cluster: spec.name, action, what, details };
}
