import { describe, expect, it } from 'vitest';
import { IsthmusError } from '../../../src/errors/index.ts';
import { note, recordingReporter, span } from '../../../src/report/index.ts';

describe('span', () => {
  it('runs work between a start and an end and gives its value', async () => {
    const reporter = recordingReporter();
    const value = await span(reporter, { title: 'node', cluster: 'a' }, async () => 7);
    expect(value).toBe(7);
    expect(reporter.events).toMatchObject([
      { type: 'span-start', title: 'node', cluster: 'a' },
      { type: 'span-end', title: 'node', cluster: 'a', end: 'done' },
    ]);
  });

  it('nests by the handle that is passed on', async () => {
    const reporter = recordingReporter();
    await span(reporter, { title: 'outer' }, (outer) => span(outer, { title: 'inner' }, async () => {}));
    const [outer, inner, innerEnd, outerEnd] = reporter.events;
    expect(inner).toMatchObject({ title: 'inner', parent: (outer as { id: number }).id });
    expect(outer).toMatchObject({ title: 'outer', parent: undefined });
    expect([innerEnd, outerEnd]).toMatchObject([{ title: 'inner' }, { title: 'outer' }]);
  });

  it('ends as the work says, with its progress before', async () => {
    const reporter = recordingReporter();
    await span(reporter, { title: 'images' }, async (handle) => {
      handle.progress({ done: 1, total: 2 });
      handle.ends('unchanged', 'all are there');
    });
    expect(reporter.events.slice(1)).toMatchObject([
      { type: 'span-progress', done: 1, total: 2 },
      { type: 'span-end', end: 'unchanged', detail: 'all are there' },
    ]);
  });

  it.each([
    [new IsthmusError('TIMED_OUT', 'too late'), { code: 'TIMED_OUT', message: 'too late' }],
    [new TypeError('odd'), { code: 'BUG', message: 'odd' }],
  ])('fails with %s and throws it on', async (thrown, error) => {
    const reporter = recordingReporter();
    const failing = span(reporter, { title: 'node' }, async (handle) => {
      handle.ends('unchanged');
      throw thrown;
    });
    await expect(failing).rejects.toBe(thrown);
    expect(reporter.events.at(-1)).toMatchObject({ type: 'span-end', end: 'failed', error });
  });
});

it('a note carries level, code, cluster and data', () => {
  const reporter = recordingReporter();
  note(reporter, { level: 'warn', code: 'TIMED_OUT', message: 'slow', cluster: 'a', data: { ms: 3 } });
  expect(reporter.events).toMatchObject([
    { type: 'note', level: 'warn', code: 'TIMED_OUT', message: 'slow', cluster: 'a', data: { ms: 3 } },
  ]);
});
