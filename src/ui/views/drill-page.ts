import type { DrillReport } from '../../report/index.ts';
import { drawTimeline } from './drill-timeline.ts';
import { drillVerdict, hypothesisRows } from './drill-view.ts';
import { renderPage, type Section } from './page.ts';

/** The report of a drill as a page that needs nothing else: HTML with the timeline drawn, or Markdown. */
export function drillPage(report: DrillReport, format: 'html' | 'markdown'): string {
  const { drill, variant, service, mesh, timelines } = report;
  return renderPage(
    {
      title: `Drill ${drill}${variant ? ` (${variant})` : ''} of ${service} in mesh ${mesh}`,
      verdict: drillVerdict(report),
      drawings: timelines.map(drawTimeline),
      sections: sectionsOf(report),
    },
    format,
  );
}

function sectionsOf(report: DrillReport): Section[] {
  const { plan, figures, tables, steps, verdict, notes, limits, started, who, title, disruption } = report;
  const lines = (texts: readonly string[]) => texts.map((text) => [text]);
  return [
    {
      title: 'What was put to the test',
      heads: ['', ''],
      rows: [
        ['states', title],
        ['breaks', disruption],
        ['begun', started],
        ['by', who],
      ],
    },
    {
      title: 'What it states, and what was measured',
      heads: report.end === 'planned' ? ['States', 'Expected'] : ['', 'States', 'Expected', 'Measured'],
      rows: hypothesisRows(report),
    },
    { title: 'Figures', heads: ['', ''], rows: figures.map((figure) => [figure.title, figure.value]) },
    ...tables,
    { title: 'Why not enough was measured', heads: [''], rows: lines(verdict.measured.problems) },
    { title: 'What is not undone', heads: [''], rows: lines(verdict.undone.problems) },
    {
      title: 'Acts',
      heads: ['Phase', 'Act', 'Cluster', 'Seconds'],
      rows: steps.map((step) => [step.phase, step.title, step.cluster ?? '', step.seconds.toFixed(1)]),
    },
    { title: 'Plan', heads: [''], rows: lines(plan) },
    { title: 'What this does not show', heads: [''], rows: lines(limits) },
    { title: 'Notes', heads: [''], rows: lines(notes) },
  ];
}
