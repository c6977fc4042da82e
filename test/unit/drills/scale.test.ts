import { describe, expect, it } from 'vitest';
import { arrivalsOf } from '../../../src/drills/scale/arrivals.ts';
import { endOf, highest, judgeStep, type RampStep, type Way } from '../../../src/drills/scale/ramp.ts';
import { conclude, marks } from '../../../src/drills/scale/verdict.ts';
import { asked, contextOf, marked, stretch } from './drill-context.ts';

describe('arrivals', () => {
  const caller = {
    from: 'eks-2',
    marks: marked(['ready eks-1-x', 10], ['ready eks-1-y', 10]),
    records: [
      asked('eks-2', { at: 9 }),
      asked('eks-2', { at: 9.9, pod: 'eks-1-y' }),
      asked('eks-2', { at: 10.5, pod: 'eks-1-x' }),
      asked('eks-2', { at: 12, pod: 'eks-1-x' }),
    ],
  };

  it('are from Ready to the first answer, by the caller’s own clock', () => {
    expect(arrivalsOf(caller, ['eks-1-x'])).toEqual([0.51]);
  });

  it('take a pod that answered before it was seen for prompt, and know one that never did', () => {
    expect(arrivalsOf(caller, ['eks-1-y', 'eks-1-z'])).toEqual([0, undefined]);
  });
});

describe('one rate of a ramp', () => {
  const at = (more: Parameters<typeof stretch>[2]) => judgeStep(stretch('eks-1', [0, 3], more), 10).result;

  it.each([
    ['every request was answered in time', { pod: 'eks-1-a' }, 'carried'],
    ['requests were lost', {}, 'exceeded'],
    ['the machine sent them late', { pod: 'eks-1-a', late: 0.2 }, 'machine'],
  ] as const)('where %s', (_, more, result) => {
    expect(at(more)).toBe(result);
  });

  it('says nothing of the service where the machine sent too few', () => {
    expect(judgeStep(stretch('eks-1', [0, 3], { pod: 'eks-1-a' }), 20).result).toBe('machine');
    expect(judgeStep([], 20).result).toBe('machine');
  });
});

const way = { from: { spec: { name: 'eks-1' } }, to: 'eks-2' } as unknown as Way;
const step = (rate: number, result: RampStep['result']): RampStep => ({
  rate,
  sent: 90,
  lost: 9,
  p99Ms: 7,
  result,
});

describe('a ramp', () => {
  it('knows the highest rate that was carried, and why it ended', () => {
    const ramp = { way, steps: [step(20, 'carried'), step(40, 'machine')] };
    expect(highest(ramp)).toBe(20);
    expect(endOf(ramp)).toBe('this machine cannot send 40 a second');
    expect(highest({ way, steps: [step(20, 'exceeded')] })).toBeUndefined();
  });
});

describe('the verdict on added pods', () => {
  const moments = marked(
    [marks.baseline, 0],
    [`${marks.add} 1`, 1],
    ['ready eks-1-x', 2],
    [`${marks.added} 1`, 4],
    [marks.split, 4],
    [marks.afterSplit, 24],
    [marks.end, 25],
  );
  const half = (from: string, share: number) =>
    Array.from({ length: 200 }, (_, n) =>
      asked(from, { at: 4 + n / 10, pod: n % 10 < share * 10 ? 'eks-1-a' : 'eks-2-a' }),
    );
  const caller = (from: string, share = 0.5) => ({
    from,
    marks: moments,
    records: [asked(from, { at: 2.1, pod: 'eks-1-x' }), ...half(from, share)],
  });
  const both = { 'eks-1': 0.5, 'eks-2': 0.5 };
  const scaled = {
    home: contextOf([]).target.homes[0] as never,
    added: ['eks-1-x'],
    shares: { 'eks-1': both, 'eks-2': both },
    ramps: [{ way, steps: [step(20, 'carried')] }],
  };
  const judged = (callers: Parameters<typeof contextOf>[0], more: Partial<typeof scaled> = {}) => {
    const context = contextOf(callers);
    conclude(context, { ...scaled, ...more });
    const states = Object.entries(context.concluded).map(([id, { state }]) => [id, state]);
    return { ...(Object.fromEntries(states) as Record<string, string>), doubts: context.doubts };
  };

  it('holds', () => {
    const all = { own: 'held', across: 'held', split: 'held', lost: 'held', rate: 'held', doubts: [] };
    expect(judged([caller('eks-1'), caller('eks-2')])).toEqual(all);
  });

  it('does not where a pod is never asked, or a share is not as it should be', () => {
    const deaf = { ...caller('eks-2'), records: half('eks-2', 0.5) };
    expect(judged([caller('eks-1'), deaf])).toMatchObject({ own: 'held', across: 'refuted' });
    expect(judged([caller('eks-1'), caller('eks-2', 0.9)])).toMatchObject({ split: 'refuted' });
  });

  it('says that a machine could not ask as often as was wanted', () => {
    const ramps = [{ way, steps: [step(20, 'machine')] }];
    expect(judged([caller('eks-1'), caller('eks-2')], { ramps })).toMatchObject({
      rate: 'unproven',
      doubts: ['this machine cannot send 20 requests a second on 1 ways'],
    });
  });

  it('is unproven where nothing was asked', () => {
    expect(judged([], { ramps: [] })).toMatchObject({
      own: 'unproven',
      across: 'unproven',
      split: 'unproven',
      lost: 'unproven',
      rate: 'unproven',
    });
  });
});
