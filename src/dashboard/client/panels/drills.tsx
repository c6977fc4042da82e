import type { DrillReport, RotationReport } from '../../../report/index.ts';
import type { PastReport } from '../../state/panels.ts';
import { ageOf, keysOf, value, valuesOf } from '../model/entries.ts';
import { found } from '../model/view-state.ts';
import { duration } from '../model/words.ts';
import { Mark } from '../parts/marks.tsx';
import { Panel } from '../parts/panel.tsx';
import { Table } from '../parts/table.tsx';
import { Unfold } from '../parts/unfold.tsx';
import { RunDrill } from './run-drill.tsx';

/** What is at work now, and what drills and rotations before came to. */
export function Drills() {
  const reports = keysOf('report').flatMap((key) => {
    const report = value(key as 'report');
    return report ? [{ key, report }] : [];
  });
  const shown = reports
    .filter(({ report }) => found(titleOf(report), report.verdict))
    .sort((a, b) => b.report.at.localeCompare(a.report.at));
  return (
    <Panel id="drills" title="Drills and rotations" of="report" note={`${reports.length} reports`}>
      <AtWork />
      <RunDrill />
      {shown.length === 0 && (
        <p class="empty">
          no report: those of this page, and with --reports those of a folder, are shown here
        </p>
      )}
      {shown.map(({ key, report }) => (
        <Report key={key} past={report} />
      ))}
    </Panel>
  );
}

function AtWork() {
  const drills = valuesOf('drill');
  return (
    <>
      {drills.map(({ run, drill, who, since, clusters }) => (
        <p key={run}>
          <Mark health="caution">drill {drill} is at work</Mark> in {clusters.join(', ')}, by {who}, for{' '}
          {duration(ageOf(Date.parse(since)) ?? 0)}
        </p>
      ))}
      {drills.length === 0 && <p>No drill is at work in any cluster that answers.</p>}
    </>
  );
}

function titleOf({ kind, report }: PastReport): string {
  if (kind === 'rotation') return `rotation of ${(report as RotationReport).what}`;
  const { drill, variant, service } = report as DrillReport;
  return `drill ${drill}${variant ? ` (${variant})` : ''} of ${service}`;
}

function Report({ past }: { past: PastReport }) {
  const { drawings, verdict, at, good } = past;
  return (
    <Unfold
      summary={
        <>
          <b>{titleOf(past)}</b> <time dateTime={at}>{at.replace('T', ' ').slice(0, 16)}</time>{' '}
          <Mark health={good ? 'good' : 'bad'}>{verdict}</Mark>
        </>
      }
    >
      {() => (
        <>
          {drawings.map((svg) => (
            // The drawing is isthmus’ own, and its texts are escaped where it is made.
            <div class="timeline" key={svg} dangerouslySetInnerHTML={{ __html: svg }} />
          ))}
          {past.kind === 'drill' ? (
            <DrillTables report={past.report} />
          ) : (
            <RotationTables report={past.report} />
          )}
        </>
      )}
    </Unfold>
  );
}

function DrillTables({ report: { hypotheses, figures, steps } }: { report: DrillReport }) {
  return (
    <>
      <Table
        caption="What it states, and what was measured"
        heads={['States', 'Result', 'Expected', 'Measured']}
        empty="it states nothing"
        rows={hypotheses.map(({ title, expected, measured, state }) => ({
          key: title,
          cells: [
            title,
            <Mark health={state === 'held' ? 'good' : state === 'refuted' ? 'bad' : 'caution'}>{state}</Mark>,
            expected,
            measured,
          ],
        }))}
      />
      <Table
        caption="Figures"
        heads={['Figure', 'Value']}
        empty="no figure"
        rows={figures.map(({ title, value: figure }) => ({ key: title, cells: [title, figure] }))}
      />
      <Steps
        steps={steps.map(({ phase, title, cluster, seconds }) => ({
          phase,
          title: cluster ? `${cluster}: ${title}` : title,
          seconds,
        }))}
      />
    </>
  );
}

function RotationTables({ report: { steps, load, proofs } }: { report: RotationReport }) {
  return (
    <>
      <Steps
        steps={steps.map(({ phase, title, clusters, seconds }) => ({
          phase,
          title: `${clusters.join(' ')}: ${title}`,
          seconds,
        }))}
      />
      {load && (
        <Table
          caption="Requests beside it"
          heads={['Stretch', 'Sent', 'Lost', 'p50', 'p99']}
          empty="none was sent"
          rows={load.periods.map(({ name, sent, lost, p50Ms, p99Ms }) => ({
            key: name,
            cells: [name, String(sent), String(lost), `${p50Ms.toFixed(1)} ms`, `${p99Ms.toFixed(1)} ms`],
          }))}
        />
      )}
      <Table
        caption="Is what was replaced refused?"
        heads={['Cluster', 'By', 'State', 'Detail']}
        empty="not tried"
        rows={proofs.map(({ cluster, by, state, detail }) => ({
          key: `${cluster} ${by}`,
          cells: [cluster, by, <Mark health={state === 'refused' ? 'good' : 'bad'}>{state}</Mark>, detail],
        }))}
      />
    </>
  );
}

/** Acts one after the other, each as long as it took. */
function Steps({ steps }: { steps: readonly { phase: string; title: string; seconds: number }[] }) {
  const most = Math.max(0.1, ...steps.map(({ seconds }) => seconds));
  return (
    <Table
      caption="Acts and gates"
      heads={['Phase', 'Act or gate', 'Took']}
      empty="nothing was done"
      rows={steps.map(({ phase, title, seconds }, at) => ({
        key: String(at),
        cells: [
          phase,
          title,
          <span class="took">
            <svg width="120" height="10" aria-hidden="true">
              <rect width={Math.max(1, (seconds / most) * 120)} height="10" />
            </svg>{' '}
            {seconds.toFixed(1)} s
          </span>,
        ],
      }))}
    />
  );
}
