import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { IsthmusError } from '../../../src/errors/index.ts';
import { completeProviders } from '../../../src/mesh/build/complete-providers.ts';
import { upMesh } from '../../../src/mesh/index.ts';
import { forEachCluster, Session } from '../../../src/mesh/session/session.ts';
import type { ClusterProvider } from '../../../src/provider/index.ts';
import { recordingReporter } from '../../../src/report/index.ts';
import { plainLoadBalancers, quickly } from '../../fakes/gateways.ts';
import { ContextsMesh } from './contexts-mesh.ts';

let mesh: ContextsMesh;
beforeEach(async () => {
  mesh = await ContextsMesh.start({ alive: 'healthy' });
});
afterEach(() => mesh.stop());

const failing = (name: string) => new IsthmusError('NODE_FAILED', `node ${name} broke`, { hint: 'look' });

/** A provider whose clusters come to life as the test says. */
const locals = (ensure: ClusterProvider['ensure']) => ({
  local: async () =>
    ({
      name: 'local',
      missingRequirements: async () => [],
      capabilities: () => ({
        proxy: 'istio',
        size: 'small',
        timeouts: quickly,
        loadBalancers: plainLoadBalancers,
      }),
      connection: async () => mesh.servers['alive']?.connection,
      list: async () => [],
      ensure,
    }) as unknown as ClusterProvider,
});

test('up waits for every cluster before it fails, and names each that failed', async () => {
  const ended: string[] = [];
  const ensure: ClusterProvider['ensure'] = async (_, { name }) => {
    await delay(name === 'slow' ? 150 : 0);
    ended.push(name);
    throw failing(name);
  };
  const operation = { ...mesh.operation([], ['quick', 'slow']), providers: locals(ensure) };
  await expect(upMesh({ ...operation, skipChecks: true })).rejects.toMatchObject({
    code: 'NODE_FAILED',
    message: '2 clusters failed',
    hint: 'look',
    problems: [{ message: 'quick: node quick broke' }, { message: 'slow: node slow broke' }],
  });
  expect(ended).toEqual(['quick', 'slow']);
});

test('an interrupted up links nothing and is an interruption', async () => {
  const interrupt = new AbortController();
  const ensure: ClusterProvider['ensure'] = async ({ signal }) => {
    interrupt.abort();
    if (signal.aborted) throw new IsthmusError('INTERRUPTED', 'interrupted');
    return true;
  };
  const reporter = recordingReporter();
  const operation = mesh.operation([], ['one', 'two']);
  const options = { ...operation, reporter, signal: interrupt.signal, providers: locals(ensure) };
  await expect(upMesh({ ...options, skipChecks: true })).rejects.toMatchObject({ code: 'INTERRUPTED' });
  const titles = reporter.events.flatMap((event) => (event.type === 'span-start' ? [event.title] : []));
  expect(new Set(titles)).toEqual(new Set(['cluster and control plane']));
});

test('requirements that are not met are all named before anything is touched', async () => {
  const ensure: ClusterProvider['ensure'] = async () => {
    throw new Error('touched');
  };
  const { local } = locals(ensure);
  const unmet = [new IsthmusError('TOOL_MISSING', 'no nft'), new IsthmusError('TOOL_MISSING', 'no ip')];
  const providers = {
    local: async () => ({ ...(await local()), missingRequirements: async () => unmet }),
  };
  await expect(upMesh({ ...mesh.operation([], ['one', 'two']), providers })).rejects.toMatchObject({
    code: 'TOOL_MISSING',
    message: '2 requirements are not met',
    problems: [{ message: 'no nft' }, { message: 'no ip' }],
  });
});

test('one failing cluster is thrown as it is, with the values of the others lost to nobody', async () => {
  const clusters = [{ name: 'a' }, { name: 'b' }];
  expect(await forEachCluster(clusters, async ({ name }) => name)).toEqual(['a', 'b']);
  const one = failing('b');
  const work = forEachCluster(clusters, async ({ name }) => {
    if (name === 'b') throw one;
  });
  await expect(work).rejects.toBe(one);
});

test('a provider that could not be loaded is loaded anew', async () => {
  let loads = 0;
  const { local } = locals(async () => true);
  const session = new Session({
    ...mesh.operation([], ['one']),
    providers: {
      local: async () => {
        loads += 1;
        if (loads === 1) throw new Error('the disk was busy');
        return local();
      },
    },
  });
  await expect(session.provider('local')).rejects.toThrow('the disk was busy');
  expect((await session.provider('local')).name).toBe('local');
  await session.provider('local');
  expect(loads).toBe(2);
});

test('a cluster that the file does not have is refused, with the one that was meant', async () => {
  const ensure: ClusterProvider['ensure'] = async () => {
    throw new Error('touched');
  };
  const operation = { ...mesh.operation([], ['one', 'two']), providers: locals(ensure) };
  await expect(upMesh({ ...operation, clusters: ['two', 'ones'] })).rejects.toMatchObject({
    code: 'FLAGS_INVALID',
    message: 'no cluster named ones in this mesh',
    hint: 'did you mean one?',
  });
});

test('only the clusters that are named are worked on', async () => {
  const touched: string[] = [];
  const ensure: ClusterProvider['ensure'] = async (_, { name }) => {
    touched.push(name);
    throw failing(name);
  };
  const operation = { ...mesh.operation([], ['one', 'two', 'three']), providers: locals(ensure) };
  await expect(upMesh({ ...operation, clusters: ['three', 'two'] })).rejects.toThrow('2 clusters failed');
  expect(touched).toEqual(['three', 'two']);
});

test('one after another, the first that fails ends it, and what was changed and what was not is named', async () => {
  const touched: string[] = [];
  const ensure: ClusterProvider['ensure'] = async (_, { name }) => {
    touched.push(name);
    throw failing(name);
  };
  const operation = { ...mesh.operation([], ['one', 'two', 'three']), providers: locals(ensure) };
  const options = { ...operation, clusters: ['two', 'one'], sequential: true };
  await expect(upMesh(options)).rejects.toMatchObject({
    code: 'NODE_FAILED',
    message: 'stopped at two: node two broke',
    hint: 'look',
    problems: [
      { message: 'changed before: none' },
      { message: 'begun: two' },
      { message: 'not changed: one' },
    ],
  });
  expect(touched).toEqual(['two']);
});

describe('what could wait', () => {
  const completing = (complete: NonNullable<ClusterProvider['complete']>) => {
    const reporter = recordingReporter();
    const { local } = locals(async () => true);
    const providers = { local: async () => ({ ...(await local()), complete }) };
    const operation = { ...mesh.operation([], ['one', 'two']), reporter, providers };
    const session = new Session(operation);
    return { reporter, done: (named = operation.topology.clusters) => completeProviders(session, named) };
  };

  test('is done once for the clusters of a provider, and not when none of them was named', async () => {
    let calls = 0;
    const { done } = completing(async () => void calls++);
    await done([]);
    expect(calls).toBe(0);
    await done();
    expect(calls).toBe(1);
  });

  test('is said, and fails no mesh that is there', async () => {
    const { done, reporter } = completing(async () => {
      throw new IsthmusError('DOWNLOAD_FAILED', 'no route to kubectl');
    });
    await done();
    expect(reporter.events).toContainEqual(
      expect.objectContaining({
        type: 'note',
        level: 'warn',
        code: 'DOWNLOAD_FAILED',
        message: expect.stringContaining('no route to kubectl'),
      }),
    );
  });
});
