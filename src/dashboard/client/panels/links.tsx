import { clusterNames, linkOf } from '../model/health.ts';
import { found, viewState } from '../model/view-state.ts';
import { milliseconds, percent } from '../model/words.ts';
import { Mark } from '../parts/marks.tsx';
import { Table } from '../parts/table.tsx';

/** The ways between clusters as a table: what the drawing shows, for those who rather read. */
export function Links() {
  const names = clusterNames.value;
  const links = names.flatMap((from) => names.flatMap((to) => (from === to ? [] : [linkOf(from, to)])));
  const shown = links.filter(
    (link) => found(link.from, link.to) && (!viewState.value.wrong || link.health !== 'good'),
  );
  return (
    <Table
      caption="Ways between clusters"
      heads={['From → to', 'State', 'Gateway', 'API server', 'Latency', 'Share of answers']}
      empty="no way between clusters to show"
      rows={shown.map(({ from, to, health, reach, sync, share, expected, medianMs, dead }) => ({
        key: `${from} ${to}`,
        grey: dead,
        cells: [
          `${from} → ${to}`,
          <Mark health={health}>{dead ? 'silent' : health}</Mark>,
          reach ? reach.outcome.status : '–',
          sync.join(', ') || '–',
          medianMs === undefined ? '–' : milliseconds(medianMs),
          share === undefined
            ? '–'
            : `${percent(share)}${expected === undefined ? '' : ` (expected ${percent(expected)})`}`,
        ],
      }))}
    />
  );
}
