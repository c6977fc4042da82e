import { describe, expect, it } from 'vitest';
import {
  type Check,
  type CheckDefinition,
  type CheckRunContext,
  defineCheck,
} from '../../../src/checks/engine/check.ts';
import { catalogue, chainOf, walkChain } from '../../../src/checks/index.ts';
import type { MeshCluster } from '../../../src/provider/index.ts';
import { fail, type Outcome, pass, recordingReporter, silentReporter } from '../../../src/report/index.ts';
import type { Topology } from '../../../src/topology/index.ts';

const context = {
  topology: { clusters: [] as readonly unknown[] } as Topology,
  clusters: ['eks-1', 'eks-2'].map((name) => ({ spec: { name } }) as MeshCluster),
  loadBalancers: async () => [],
  reporter: silentReporter,
  signal: new AbortController().signal,
};

const check = (id: string, run: (name: string) => Outcome, looked: string[] = []): Check =>
  defineCheck({
    id,
    title: id,
    scope: 'cluster',
    severity: 'error',
    needs: [],
    cause: 'c',
    inspect: ['l'],
    fix: 'f',
    timeoutMs: 1000,
    run: async (_, { spec }) => {
      looked.push(`${id} ${spec.name}`);
      return run(spec.name);
    },
  });

const good = () => pass('fine');
const sickOn2 = (name: string) => (name === 'eks-2' ? fail('sick', [{ message: 'sick' }]) : good());

describe('the chain', () => {
  it('has every check of the catalogue once, clusters first and traffic last', () => {
    const ids = chainOf(catalogue).flatMap(({ checks }) => checks.map(({ id }) => id));
    expect(ids.toSorted()).toEqual(catalogue.map(({ id }) => id).sort());
    expect([ids[0], ids.at(-1)]).toEqual(['clusters', 'traffic']);
  });

  it('puts a check that no link names right before the traffic', () => {
    const links = chainOf([check('traffic', good), check('new', good), check('sync', good)]);
    expect(links.flatMap(({ checks }) => checks.map(({ id }) => id))).toEqual(['sync', 'new', 'traffic']);
  });
});

describe('walking', () => {
  const links = (looked: string[]) => [
    { name: 'a', checks: [check('a', good, looked)] },
    { name: 'b', checks: [check('b', sickOn2, looked), check('b2', good, looked)] },
    { name: 'c', checks: [check('c', good, looked)] },
  ];

  it('ends the link that broke and says what it blocks', async () => {
    const looked: string[] = [];
    const results = await walkChain({ links: links(looked), context });
    expect(looked.filter((one) => !one.startsWith('c '))).toHaveLength(6);
    expect(results.map(({ id, subject, outcome }) => `${id} ${subject} ${outcome.status}`)).toEqual([
      'a eks-1 pass',
      'a eks-2 pass',
      'b eks-1 pass',
      'b eks-2 fail',
      'b2 eks-1 pass',
      'b2 eks-2 pass',
      'c eks-1 blocked',
      'c eks-2 blocked',
    ]);
    expect(results.at(-1)?.outcome).toEqual({ status: 'blocked', by: 'b (eks-2)' });
  });

  it('does not wait for links after the broken one, and tells nothing of them', async () => {
    const reporter = recordingReporter();
    const hangs: Check = {
      ...(check('c', good) as CheckDefinition<'cluster'>),
      run: ({ signal }: CheckRunContext) =>
        new Promise<Outcome>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      timeoutMs: 60_000,
    };
    const broken = [...links([]).slice(0, 2), { name: 'c', checks: [hangs] }];
    await walkChain({ links: broken, context: { ...context, reporter } });
    const told = reporter.events.flatMap((event) => (event.type === 'check-result' ? event.result.id : []));
    expect(told).toEqual(['a', 'a', 'b', 'b', 'b2', 'b2']);
  });

  it('goes on with all', async () => {
    const results = await walkChain({ links: links([]), context, all: true });
    expect(results.filter(({ id }) => id === 'c').map(({ outcome }) => outcome.status)).toEqual([
      'pass',
      'pass',
    ]);
  });

  it('looks at nothing when something broke before it', async () => {
    const looked: string[] = [];
    const results = await walkChain({ links: links(looked), context, brokenBy: 'credentials (eks-1)' });
    expect(looked).toEqual([]);
    expect(results).toHaveLength(8);
    expect(new Set(results.map(({ outcome }) => outcome.status))).toEqual(new Set(['blocked']));
  });
});
