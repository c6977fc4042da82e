import {
  type DrillReport,
  exitCodeOfDrill,
  exitCodeOfRotation,
  type RotationReport,
} from '../../report/index.ts';
import { drawTimeline, drillVerdict, rotationVerdict } from '../../ui/index.ts';
import type { PastReport } from '../state/panels.ts';

/** What a drill left, as the page shows it. */
export const pastDrill = (report: DrillReport): PastReport => ({
  kind: 'drill',
  report,
  drawings: report.timelines.map(drawTimeline),
  verdict: drillVerdict(report),
  at: report.started,
  good: exitCodeOfDrill(report) === 0,
});

/** The same of a rotation, whose report does not say when it was made. */
export const pastRotation = (report: RotationReport, at: string): PastReport => ({
  kind: 'rotation',
  report,
  drawings: [],
  verdict: rotationVerdict(report),
  at,
  good: exitCodeOfRotation(report) === 0,
});

/** A report as `drill -o json` and `rotate … -o json` print it; undefined for any other text. */
export function parseReport(text: string, at: string): PastReport | undefined {
  try {
    const { kind, apiVersion: _, ...report } = JSON.parse(text) as { kind?: string; apiVersion?: string };
    // A report that lacks what is drawn of it is none either.
    if (kind === 'DrillReport') return pastDrill(report as unknown as DrillReport);
    if (kind === 'RotationReport') return pastRotation(report as unknown as RotationReport, at);
  } catch {
    return undefined;
  }
  return undefined;
}
