import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { createReporter, jsonLinesReporter } from '../../../src/ui/index.ts';
import { SpanTree } from '../../../src/ui/reporters/span-tree.ts';
import { renderTaskList } from '../../../src/ui/reporters/task-list.ts';
import { events } from './recorded-run.ts';

const golden = (name: string) => `./golden/${name}.golden.txt`;

function captured() {
  const stream = new PassThrough();
  const chunks: string[] = [];
  stream.on('data', (chunk) => chunks.push(String(chunk)));
  return { stream, text: () => chunks.join('') };
}

function frameAfter(amount: number, size: { columns: number; rows: number }): string[] {
  const tree = new SpanTree();
  for (const event of events.slice(0, amount)) tree.take(event);
  const now = (events[amount - 1]?.time ?? 0) + 100;
  return renderTaskList(tree, { ...size, now, color: false, checks: true });
}

describe('one recorded run through every renderer', () => {
  it.each([
    ['plain', false],
    ['plain-verbose', true],
  ])('%s', async (name, verbose) => {
    const { stream, text } = captured();
    const reporter = createReporter({ stream, color: false, live: false, verbose });
    for (const event of events) reporter.emit(event);
    reporter.close();
    await expect(text()).toMatchFileSnapshot(golden(name));
  });

  it('json lines give the events back', () => {
    const { stream, text } = captured();
    const reporter = jsonLinesReporter(stream);
    for (const event of events) reporter.emit(event);
    const lines = text().trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual(events);
  });

  it('live frames at four moments', async () => {
    const frames = [7, 11, 13, events.length].map((amount) => {
      const lines = frameAfter(amount, { columns: 100, rows: 24 });
      return `after ${amount} events\n${lines.join('\n')}`;
    });
    await expect(`${frames.join('\n\n')}\n`).toMatchFileSnapshot(golden('live-frames'));
  });

  it('live draws nothing while somebody talks on the terminal, and then what was said meanwhile', () => {
    const { stream, text } = captured();
    const terminal = Object.assign(stream, { columns: 80, rows: 24, isTTY: true });
    let tell = (_isTaken: boolean) => {};
    const watchTerminal = (watcher: typeof tell) => {
      tell = watcher;
      return () => {};
    };
    const reporter = createReporter({ stream: terminal, color: false, live: true, watchTerminal });
    tell(true);
    const before = text();
    for (const event of events) reporter.emit(event);
    expect(text()).toBe(before);
    tell(false);
    expect(text()).toContain('no mesh.yaml: two local clusters');
    reporter.close();
  });

  it('live leaves the final list and the notes on the screen', () => {
    const { stream, text } = captured();
    const terminal = Object.assign(stream, { columns: 80, rows: 24, isTTY: true });
    const reporter = createReporter({ stream: terminal, color: false, live: true });
    for (const event of events) reporter.emit(event);
    reporter.close();
    reporter.close();
    const shown = stripVTControlCharacters(text());
    expect(shown).toContain('no mesh.yaml: two local clusters');
    expect(shown).toContain('✗ bring up mesh demo');
    expect(shown).toContain('eks-2: kubelet ended at once');
    expect(shown.match(/kubelet ended at once/g)).toHaveLength(1);
    expect(shown).not.toContain('connection refused');
  });
});

describe('a frame', () => {
  it.each([1, 2, 3, 5, 8])('is never higher than a terminal of %i rows', (rows) => {
    for (let amount = 1; amount <= events.length; amount += 1) {
      expect(frameAfter(amount, { columns: 60, rows }).length).toBeLessThanOrEqual(Math.max(1, rows - 1));
    }
  });

  it('is never wider than the terminal', () => {
    for (const line of frameAfter(11, { columns: 30, rows: 24 }))
      expect([...line].length).toBeLessThanOrEqual(30);
  });

  it('keeps running spans when finished ones must give way', () => {
    const tree = new SpanTree();
    const time = 0;
    for (let id = 1; id <= 30; id += 1) {
      tree.take({ type: 'span-start', time, id, title: `step ${id}` });
      if (id !== 2)
        tree.take({ type: 'span-end', time, id, title: `step ${id}`, end: 'done', durationMs: 1 });
    }
    const lines = renderTaskList(tree, { columns: 80, rows: 6, now: 5, color: false, checks: true });
    expect(lines.some((line) => line.includes(' step 2 '))).toBe(true);
    expect(lines[0]).toBe('… 26 more');
  });
});
