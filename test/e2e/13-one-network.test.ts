import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Bed, complaints, localMesh } from './bed.ts';

const bed = new Bed('one-network');

describe('a mesh of two clusters in one network', () => {
  beforeAll(async () => {
    await bed.write(localMesh('one-network', 2).replace('network2', 'network1'));
    const up = await bed.isthmus(['up', '--no-check']);
    expect(up.exitCode, up.stderr).toBe(0);
  });

  afterAll(async () => {
    const down = await bed.isthmus(['down']);
    expect(down.exitCode, down.stderr).toBe(0);
  });

  it('needs no gateway between them: checks pass, or say why they do not look', async () => {
    const report = await bed.check([], ['--wait', '60']);
    expect(complaints(report)).toEqual([]);
    const outcomesOf = (check: string) =>
      report.results.filter(({ id }) => id === check).map(({ outcome }) => outcome);
    const skipped = { status: 'skip', reason: 'both are in one network, without a gateway between' };
    expect(outcomesOf('reach')).toEqual([skipped, skipped]);
    expect(outcomesOf('traffic').map(({ status }) => status)).toEqual(['pass', 'pass']);
  });
});
