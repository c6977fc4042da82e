import { describe, expect, it } from 'vitest';
import { NotReady, waitUntil } from '../../../src/process/index.ts';

const quick = { what: 'the thing', timeoutMs: 5_000, delayMs: 1, maxDelayMs: 2 };

describe('waitUntil', () => {
  it('asks until the probe returns, and says why it asks again', async () => {
    const reasons: string[] = [];
    let asked = 0;
    const value = await waitUntil({ ...quick, onRetry: (reason) => reasons.push(reason) }, async () => {
      asked += 1;
      if (asked < 3) throw new NotReady(`${asked} of 3`);
      return 'there';
    });
    expect(value).toBe('there');
    expect(reasons).toEqual(['1 of 3', '2 of 3']);
  });

  it('ends at once with whatever is no NotReady', async () => {
    let asked = 0;
    const broken = waitUntil(quick, async () => {
      asked += 1;
      throw new TypeError('broken');
    });
    await expect(broken).rejects.toThrow(TypeError);
    expect(asked).toBe(1);
  });

  it('says what it waited for, the last reason and what to do', async () => {
    const waiting = waitUntil({ ...quick, timeoutMs: 50, hint: 'look there' }, async () => {
      throw new NotReady('not yet');
    });
    await expect(waiting).rejects.toMatchObject({
      code: 'TIMED_OUT',
      message: 'timed out after 0.1 s waiting for the thing: not yet',
      hint: 'look there',
    });
  });

  it('ends a probe that hangs when the time is over', async () => {
    const hanging = waitUntil({ ...quick, timeoutMs: 50 }, (signal) => {
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    await expect(hanging).rejects.toMatchObject({
      code: 'TIMED_OUT',
      message: 'timed out after 0.1 s waiting for the thing: it was never looked at',
    });
  });

  it('says what the last look met, where that was more than the end of the time', async () => {
    const refused = waitUntil({ ...quick, timeoutMs: 50 }, (signal) => {
      return new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(new Error('no answer within 10 s'))),
      );
    });
    await expect(refused).rejects.toMatchObject({
      code: 'TIMED_OUT',
      message: 'timed out after 0.1 s waiting for the thing: no answer within 10 s',
    });
  });

  it('is interrupted in a pause and before the first question', async () => {
    const slow = { ...quick, delayMs: 60_000, maxDelayMs: 60_000 };
    const never = async () => {
      throw new NotReady('no');
    };
    const paused = waitUntil({ ...slow, timeoutMs: 60_000, signal: AbortSignal.timeout(20) }, never);
    await expect(paused).rejects.toMatchObject({ code: 'INTERRUPTED' });
    let asked = false;
    const stopped = waitUntil({ ...quick, signal: AbortSignal.abort() }, async () => {
      asked = true;
    });
    await expect(stopped).rejects.toMatchObject({ code: 'INTERRUPTED' });
    expect(asked).toBe(false);
  });
});
