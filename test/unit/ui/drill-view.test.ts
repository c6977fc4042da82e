import { describe, expect, it } from 'vitest';
import { type DrillReport, exitCodeOfDrill } from '../../../src/report/index.ts';
import { drillPage, renderDrill, renderDrillUndo } from '../../../src/ui/index.ts';

const report: DrillReport = {
  mesh: 'shop',
  drill: 'failover',
  title: 'when a cluster fails, another one answers',
  variant: 'no-pods',
  service: 'sample/helloworld',
  end: 'done',
  plan: ['scale it to 0'],
  disruption: 'no pods in east',
  limits: ['data'],
  hypotheses: [
    { title: 'no request is lost', expected: '0 lost', measured: '2 of 90 lost', state: 'refuted' },
  ],
  verdict: {
    hypothesis: 'refuted',
    measured: { enough: true, problems: [] },
    undone: { complete: true, problems: [] },
  },
  figures: [{ title: 'no more errors after', value: '1.20 s' }],
  tables: [],
  timelines: [
    {
      from: 'east',
      slice: 0.25,
      slices: [
        { at: 0, answers: { east: 3 }, lost: 0 },
        { at: 0.25, answers: { west: 1 }, lost: 2 },
      ],
      marks: [{ title: 'act <now>', at: 0.2 }],
    },
  ],
  steps: [{ phase: 'act', title: 'scale it to 0', cluster: 'east', seconds: 0.3 }],
  started: '2026-01-01T00:00:00.000Z',
  seconds: 40,
  who: 'me@here',
  notes: [],
};

describe('a drill’s report', () => {
  it('has three verdicts in its last line', async () => {
    const text = await renderDrill(report, 'table');
    expect(text.split('\n').at(-1)).toBe(
      'drill failover took 40 s: what it states is refuted; enough was measured; undone',
    );
    expect(text).toContain('2 of 90 lost');
  });

  it('says in JSON what it is', async () => {
    const json = JSON.parse(await renderDrill(report, 'json')) as { kind: string; variant: string };
    expect(json).toMatchObject({ kind: 'DrillReport', variant: 'no-pods' });
  });

  it('fails its case in JUnit', async () => {
    const text = await renderDrill(report, 'junit');
    expect(text).toContain('tests="3" failures="1"');
    expect(text).toContain('expected: 0 lost; measured: 2 of 90 lost');
  });

  it('is a page of its own with the timeline drawn, who answered and what was lost', () => {
    const page = drillPage(report, 'html');
    expect(page).not.toMatch(/<script|<link|https?:\/\/(?!www\.w3\.org)/);
    // Three of the drawing, and one for each of the three words of its legend.
    expect(page.match(/<rect /g)).toHaveLength(3 + 3);
    expect(page).toContain('aria-label="requests of east over time: 3 by east, 1 by west, 2 lost"');
    expect(page).toContain('act &lt;now&gt;');
    expect(drillPage(report, 'markdown')).toContain(
      '| refuted | no request is lost | 0 lost | 2 of 90 lost |',
    );
  });

  const good = {
    hypothesis: 'held',
    measured: { enough: true, problems: [] },
    undone: { complete: true, problems: [] },
  } as const;
  it.each([
    ['held, measured, undone', { verdict: good }, 0],
    ['refuted', {}, 1],
    ['unproven', { verdict: { ...good, hypothesis: 'unproven' } }, 1],
    ['too little measured', { verdict: { ...good, measured: { enough: false, problems: ['late'] } } }, 1],
    ['not undone', { verdict: { ...good, undone: { complete: false, problems: ['left'] } } }, 1],
    ['broken off', { verdict: good, end: 'broken-off' }, 1],
    ['planned', { end: 'planned' }, 0],
  ] as const)('%s ends with the exit code that says so', (_, more, code) => {
    expect(exitCodeOfDrill({ ...report, ...more } as DrillReport)).toBe(code);
  });

  it('says of an undoing what stays', () => {
    expect(renderDrillUndo({ mesh: 'shop', undone: [] }, 'table')).toMatch(/^nothing to undo/);
    const one = { cluster: 'east', drill: 'failover', who: 'me@here', steps: 3, problems: ['x stays so'] };
    expect(renderDrillUndo({ mesh: 'shop', undone: [one] }, 'table')).toContain('x stays so');
  });
});
