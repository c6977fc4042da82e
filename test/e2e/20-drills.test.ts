import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DrillBed, refuted } from './support/drill-bed.ts';

// Every drill once and in short; test/long has their kinds, what refutes them, and what is left of one that is killed.
const bed = new DrillBed('drills-short', 4);

/** What drills change, before any of them. */
let before: string;

beforeAll(async () => {
  await bed.up();
  before = await bed.objects();
}, 1_200_000);
afterAll(() => bed.isthmus(['down']));

describe('each drill on a mesh that keeps its promises', () => {
  it.each([
    ['failover', []],
    ['canary', []],
    ['migrate', ['--kind', 'long']],
    ['isolation', []],
    ['residency', []],
    ['scale', []],
  ])('%s holds, and leaves everything as it was', async (drill, more) => {
    const { ran, report } = await bed.drill([drill, ...more]);
    expect(refuted(report), ran.stderr).toEqual([]);
    expect(ran.exitCode).toBe(0);
    expect(report.limits.length).toBeGreaterThan(0);
    expect(await bed.objects()).toBe(before);
  });
});

it('says what stands against it and changes nothing', async () => {
  const ran = await bed.isthmus(['drill', 'residency', '--service', 'sample/helloworld', ...bed.quick]);
  expect(JSON.parse(ran.stdout)).toMatchObject({ code: 'DRILL_BLOCKED' });
  expect(await bed.objects()).toBe(before);
});
