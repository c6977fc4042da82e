import { expect, test } from 'vitest';
import { SharedRequest } from '../../../src/kubernetes/client/shared-request.ts';

/** A request whose answers are given by hand, and the signals that its askings were given. */
function heldRequest() {
  const askings: { signal: AbortSignal; give: (answer: string) => void; fail: (why: Error) => void }[] = [];
  const request = new SharedRequest<string>({
    ask: (signal) =>
      new Promise((give, fail) => {
        askings.push({ signal, give, fail });
      }),
    interrupted: () => new Error('interrupted'),
    late: (timeoutMs) => new Error(`late after ${timeoutMs}`),
  });
  return { request, askings };
}

test('several share one request and its answer, and the next asks anew', async () => {
  const { request, askings } = heldRequest();
  const both = [request.answer({}), request.answer({ timeoutMs: 10_000 })];
  expect(askings).toHaveLength(1);
  askings[0]?.give('first');
  expect(await Promise.all(both)).toEqual(['first', 'first']);
  expect(askings[0]?.signal.aborted).toBe(false);
  const third = request.answer({});
  askings[1]?.give('second');
  expect(await third).toBe('second');
});

test('who leaves, by a signal or as its time is over, ends it for nobody else', async () => {
  const { request, askings } = heldRequest();
  const leaving = new AbortController();
  const left = request.answer({ signal: leaving.signal });
  const late = request.answer({ timeoutMs: 10 });
  const patient = request.answer({});
  leaving.abort();
  await expect(left).rejects.toThrow('interrupted');
  await expect(late).rejects.toThrow('late after 10');
  expect(askings[0]?.signal.aborted).toBe(false);
  askings[0]?.give('answer');
  expect(await patient).toBe('answer');
});

test('with the last that leaves it is ended, and its late failure is nobody’s', async () => {
  const { request, askings } = heldRequest();
  const leaving = new AbortController();
  const both = [request.answer({ signal: leaving.signal }), request.answer({ signal: leaving.signal })];
  leaving.abort();
  expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(askings[0]?.signal.aborted).toBe(true);
  const next = request.answer({});
  askings[0]?.fail(new Error('ended'));
  expect(askings).toHaveLength(2);
  await new Promise(setImmediate);
  const joined = request.answer({});
  askings[1]?.give('new');
  expect(await Promise.all([next, joined])).toEqual(['new', 'new']);
  expect(askings).toHaveLength(2);
});

test('all who wait hear of a failure', async () => {
  const { request, askings } = heldRequest();
  const both = [request.answer({}), request.answer({})];
  askings[0]?.fail(new Error('refused'));
  for (const one of both) await expect(one).rejects.toThrow('refused');
});

test('a signal that has fired already begins nothing', async () => {
  const { request, askings } = heldRequest();
  await expect(request.answer({ signal: AbortSignal.abort() })).rejects.toThrow('interrupted');
  expect(askings).toEqual([]);
});
