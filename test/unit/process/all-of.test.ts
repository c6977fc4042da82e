import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { IsthmusError, isIsthmusError } from '../../../src/errors/index.ts';
import { allOf } from '../../../src/process/index.ts';

const failing = (code: 'TIMED_OUT' | 'INTERRUPTED' | 'TOOL_MISSING', message: string, more = {}) =>
  Promise.reject(new IsthmusError(code, message, more));

async function failureOf(work: Promise<unknown>): Promise<IsthmusError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!isIsthmusError(error)) throw new Error(`expected a coded failure, got ${String(error)}`);
  return error;
}

describe('allOf', () => {
  it('gives the values in the order of the work', async () => {
    const [slow, quick] = await allOf([delay(10, 'slow'), Promise.resolve(1)]);
    expect(slow).toBe('slow');
    expect(quick).toBe(1);
  });

  it('has waited for everything when it fails', async () => {
    const done: string[] = [];
    const slow = delay(30).then(() => done.push('slow'));
    await expect(allOf([failing('TIMED_OUT', 'too late'), slow])).rejects.toThrow('too late');
    expect(done).toEqual(['slow']);
  });

  it('throws a single failure as it is', async () => {
    const error = new TypeError('odd');
    await expect(allOf([Promise.resolve(1), Promise.reject(error)])).rejects.toBe(error);
  });

  it('says every failure, with its name, hint and packages', async () => {
    const work = [
      failing('TIMED_OUT', 'no answer', { hint: 'look at the log' }),
      Promise.resolve('fine'),
      failing('TOOL_MISSING', 'no nft', { hint: 'install nftables', packages: ['nftables'] }),
    ];
    const error = await failureOf(allOf(work, { names: ['one', 'two', 'three'], things: 'clusters' }));
    expect(error.code).toBe('TIMED_OUT');
    expect(error.message).toBe('2 clusters failed');
    expect(error.packages).toEqual(['nftables']);
    expect(error.problems).toEqual([
      { message: 'one: no answer', hint: 'look at the log' },
      { message: 'three: no nft', hint: 'install nftables' },
    ]);
  });

  it('keeps the problems of failures that were combined before', async () => {
    const inner = allOf([failing('TIMED_OUT', 'a'), failing('TIMED_OUT', 'b')]);
    const error = await failureOf(allOf([inner, failing('TIMED_OUT', 'c')], { names: ['x', 'y'] }));
    expect(error.problems.map(({ message }) => message)).toEqual([
      'x: 2 tasks failed',
      'x: a',
      'x: b',
      'y: c',
    ]);
  });

  it('is interrupted if any of the work was', async () => {
    const error = await failureOf(allOf([failing('TIMED_OUT', 'late'), failing('INTERRUPTED', 'stopped')]));
    expect(error.code).toBe('INTERRUPTED');
  });

  it('is a decisive failure alone, if there is one', async () => {
    const work = [
      failing('TIMED_OUT', 'late'),
      failing('TOOL_MISSING', 'no nft'),
      failing('INTERRUPTED', 'end'),
    ];
    const first = await failureOf(allOf(work, { decisive: ['INTERRUPTED', 'TOOL_MISSING'] }));
    expect([first.message, first.problems]).toEqual(['end', []]);
    const second = await failureOf(allOf(work.slice(0, 2), { decisive: ['INTERRUPTED', 'TOOL_MISSING'] }));
    expect(second.message).toBe('no nft');
  });

  it('is a defect if the first failure is not a coded one', async () => {
    const error = await failureOf(
      allOf([Promise.reject(new TypeError('odd')), failing('TIMED_OUT', 'late')]),
    );
    expect(error.code).toBe('BUG');
    expect(error.problems.map(({ message }) => message)).toEqual(['odd', 'late']);
  });
});
