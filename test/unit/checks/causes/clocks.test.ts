import { describe, expect, it } from 'vitest';
import { judgeClocks } from '../../../../src/checks/clusters/parts/clocks.ts';

const now = Date.parse('2026-06-01T12:00:00Z');
const clock = (cluster: string, offMs: number) => ({
  cluster,
  clocks: [{ node: 'node-1', saidAt: now + offMs }],
});
const of = (own: number, ...others: number[]) =>
  judgeClocks(
    clock('a', own),
    others.map((off, at) => clock(`b${at}`, off)),
    now,
  );
const minute = 60_000;

describe('clocks of nodes', () => {
  it.each([0, -9_000, -39_000, 50_000, -99_000])('bears %d ms, most of which is the age of a lease', (off) =>
    expect(of(off, 0)).toEqual({ failures: [], warnings: [] }),
  );

  it('fails beyond what certificates are backdated by, and names node and witnesses', () =>
    expect(of(60 * minute, -5_000)).toMatchObject({
      failures: [
        {
          cluster: 'a',
          object: 'Node node-1',
          message:
            'its clock is 3600 s ahead of this machine’s and that of b0, which certificates do not bear',
        },
      ],
      warnings: [],
    }));

  it('fails for one that is behind', () =>
    expect(of(-10 * minute, -5_000).failures).toMatchObject([
      { message: expect.stringContaining('600 s behind') },
    ]));

  it('warns before it breaks anything, and where nothing but this machine speaks against it', () => {
    expect(of(1.7 * minute, 0)).toMatchObject({ failures: [], warnings: [{ object: 'Node node-1' }] });
    expect(of(60 * minute)).toMatchObject({ failures: [], warnings: [{ object: 'Node node-1' }] });
  });

  it('blames this machine where all clusters agree with each other', () =>
    expect(of(60 * minute, 60 * minute - 5_000)).toMatchObject({
      failures: [],
      warnings: [{ cause: expect.stringContaining('this machine’s clock is wrong') }],
    }));
});
