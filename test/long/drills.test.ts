import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DrillBed, refuted } from '../e2e/support/drill-bed.ts';

const bed = new DrillBed('drills-held', 8);

beforeAll(() => bed.up(), 1_200_000);
afterAll(() => bed.isthmus(['down']));

const objects = () => bed.objects();
const drill = (args: readonly string[]) => bed.drill(args);

describe('what cannot begin', () => {
  it.each([
    [['tornado'], 'DRILL_UNKNOWN', 2],
    [['failover', '--service', 'sample/nobody'], 'DRILL_BLOCKED', 1],
    [['failover', '--kind', 'flood'], 'DRILL_BLOCKED', 1],
    [['failover', '--cluster', 'eks-9'], 'DRILL_BLOCKED', 1],
    [['residency', '--service', 'sample/helloworld'], 'DRILL_BLOCKED', 1],
  ])('drill %j says so and changes nothing', async (args, code, exitCode) => {
    const before = await objects();
    const ran = await bed.isthmus(['drill', ...args, ...bed.quick]);
    expect(ran.exitCode, ran.stdout).toBe(exitCode);
    expect(JSON.parse(ran.stdout)).toMatchObject({ code });
    expect(await objects()).toBe(before);
  });

  it('needs consent by name, or --yes where nobody can be asked', async () => {
    const before = await objects();
    const ran = await bed.isthmus(['drill', 'failover', '-o', 'json']);
    expect(ran.exitCode, ran.stdout).toBe(2);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      code: 'FLAGS_INVALID',
      hint: expect.stringMatching('--yes'),
    });
    expect(await objects()).toBe(before);
  });

  it('plans without changing anything', async () => {
    const before = await objects();
    const ran = await bed.isthmus(['drill', 'failover', '--plan', '-o', 'json']);
    expect(ran.exitCode, ran.stderr).toBe(0);
    expect(JSON.parse(ran.stdout)).toMatchObject({ end: 'planned', kind: 'DrillReport', variant: 'no-pods' });
    expect(await objects()).toBe(before);
  });
});

describe('each drill on a mesh that keeps its promises', () => {
  it.each([
    [['failover', '--kind', 'no-pods']],
    [['failover', '--kind', 'errors']],
    [['failover', '--kind', 'hang']],
    [['failover', '--kind', 'gateway']],
    [['failover', '--kind', 'api-server']],
    [['failover', '--kind', 'cluster']],
    [['canary']],
    [['migrate']],
    [['migrate', '--kind', 'long']],
    [['isolation']],
    [['residency']],
    [['scale']],
  ])('%j holds, and leaves everything as it was', async (args) => {
    const before = await objects();
    const { ran, report } = await drill(args);
    expect(refuted(report), ran.stderr).toEqual([]);
    expect(ran.exitCode).toBe(0);
    expect(await objects()).toBe(before);
  });
});
