import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaints } from '../e2e/bed.ts';
import { DrillBed } from '../e2e/support/drill-bed.ts';

const bed = new DrillBed('drills-killed', 8);

beforeAll(() => bed.up(), 1_200_000);
afterAll(() => bed.isthmus(['down']));

const objects = () => bed.objects();

/** Run a drill until it says this on standard error, then kill it. */
async function killedAt(
  said: string,
  signal: 'SIGKILL' | 'SIGINT',
  more: readonly string[] = [],
): Promise<void> {
  const run = bed.start(['--events', 'plain', 'drill', 'failover', ...bed.quick, ...more]);
  let output = '';
  let killed = false;
  // Read to its end: who stops reading breaks the pipe, which ends it in yet another way.
  for await (const line of run.iterable({ from: 'all' })) {
    output += `${line}\n`;
    if (!killed && output.includes(said)) killed = run.kill(signal);
  }
  expect(output).toContain(said);
  await run;
}

describe('a drill that is killed', () => {
  it.each([
    '[eks-1] prepare: outlier',
    '✓ [eks-2] prepare: outlier',
    '… [eks-1] act:',
    '… observe:',
    '… [eks-1] undo:',
  ])('at "%s" is undone by drill --undo', async (said) => {
    const before = await objects();
    await killedAt(said, 'SIGKILL');
    const again = await bed.isthmus(['drill', 'failover', ...bed.quick]);
    expect(JSON.parse(again.stdout)).toMatchObject({ code: 'DRILL_UNDER_WAY' });
    const undo = await bed.isthmus(['drill', '--undo']);
    expect(undo.exitCode, undo.stdout + undo.stderr).toBe(0);
    expect(await objects()).toBe(before);
    expect(complaints(await bed.check([], ['--wait', '90']))).toEqual([]);
  });

  it('while it has stopped an API server is undone as well', async () => {
    const before = await objects();
    await killedAt('… observe:', 'SIGKILL', ['--kind', 'api-server']);
    const undo = await bed.isthmus(['drill', '--undo']);
    expect(undo.exitCode, undo.stdout + undo.stderr).toBe(0);
    expect(await objects()).toBe(before);
    expect(complaints(await bed.check([], ['--wait', '120']))).toEqual([]);
  });

  it('is undone by the clusters themselves once its deadline is over', async () => {
    const before = await objects();
    await killedAt('… [eks-1] act:', 'SIGKILL', ['--deadline', '30']);
    await expect.poll(objects, { timeout: 150_000, interval: 3000 }).toBe(before);
    expect((await bed.isthmus(['drill', '--undo'])).stdout).toContain('nothing to undo');
    expect(complaints(await bed.check([], ['--wait', '120']))).toEqual([]);
  });

  it('undoes itself on Ctrl+C', async () => {
    const before = await objects();
    await killedAt('… observe:', 'SIGINT');
    expect(await objects()).toBe(before);
    const undo = await bed.isthmus(['drill', '--undo']);
    expect(undo.stdout).toContain('nothing to undo');
  });
});
