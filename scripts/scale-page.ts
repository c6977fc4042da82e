import {
  type Figure,
  istiodFigure,
  measured,
  type PartName,
  type Recording,
  recorded,
} from '../bench/figures.ts';
import { type Curve, curvesSvg } from './curves-svg.ts';

/** docs/scale.md: what a mesh of N clusters costs, from what `npm run bench` recorded. */
export function scalePage(): string {
  const parts = [
    '# Scale\n\nMade by `npm run docs` from what `npm run bench` recorded (bench/recorded). Each part tells of the machine that it ran on; a load above 0 at its beginning means that others had a share of it. A shared machine is not as fast every day: the time of a fixed sort tells how fast it was.',
    '![Seconds by the number of clusters](images/scale.svg)',
    section('clusters', 'Whole local clusters', wholeText),
    perAddedCluster(recorded('clusters')),
    section('thin', 'Thin clusters', thinText),
    section('propagation', 'From a pod Ready to its first answer elsewhere', propagationText),
  ];
  return `${parts.filter(Boolean).join('\n\n')}\n`;
}

/** docs/images/scale.svg: the looks at a mesh, by the number of its clusters. */
export function scaleCurves(): string {
  const curves = (['clusters', 'thin'] as const).flatMap((part) =>
    (['status', 'plan', 'check', 'doctor', 'bundle'] as const).map((what): Curve => {
      const figures = (recorded(part)?.figures ?? []).filter((one) => one.what === what);
      const points = figures.flatMap(({ clusters, seconds }) =>
        seconds === undefined ? [] : [{ x: clusters, y: seconds }],
      );
      return { name: part === 'thin' ? `${what}, thin` : what, dashed: part === 'thin', points };
    }),
  );
  return curvesSvg(
    curves.filter(({ points }) => points.length > 0),
    { x: 'clusters', y: 's' },
  );
}

const wholeText =
  'Every cluster is a node with containerd, kubelet, control plane, istiod, gateways and samples, all on the one machine: its two cores are what there is of them. Requests of clusters to themselves are taken off, so that small numbers of them are rough.';

const thinText =
  'Every cluster is an API server of the toolchain, all with one etcd, and holds 200 Services with 2,000 endpoints besides all that `up` puts there. Nothing runs in them: the bench stands in for controllers and kubelets, and answers for istiod, Envoy and curl with pages as large as those of such a mesh. The first is filled by requests, and what its API server stored is what the others start with, with endpoints and UIDs of their own. They are `existing` clusters by kubeconfig. API servers, stand-ins and isthmus share the machine. Since 2026-11-30 the API servers keep no watch cache.';

const propagationText =
  'A pod in the first cluster, not Ready yet, is selected by a Service a second before it is made Ready by its readiness gate, and clients in all others ask 20 times a second; measured is from when the cluster’s API server tells of it to a client’s first answer 200. An answer that came before that counts as no time. With two clusters four such Services are measured beside each other.';

function section(part: PartName, title: string, text: string): string {
  const recording = recorded(part);
  if (!recording) return '';
  const about = [aboutRun(recording), ...olderFigures(recording)].join(' ');
  return `## ${title}\n\n${text}\n\n${about}\n\n${table(recording.figures)}`;
}

/** Whoever compares columns is to know which were measured on another day. */
function olderFigures({ date, figures }: Recording): string[] {
  const older = new Map(
    figures.flatMap((one) => (one.date && one.date !== date ? [[one.clusters, one.date] as const] : [])),
  );
  return [...older].map(([clusters, day]) => `Figures of ${clusters} clusters are of ${day}.`);
}

export function aboutRun({ part, date, machine, load: [before, after], speed }: Recording): string {
  const run = `By \`npm run bench -- ${part}\` on ${date}: ${machine}; load average ${before} before and ${after} after.`;
  return speed === undefined ? run : `${run} Half a million numbers were sorted in ${speed.toFixed(2)} s.`;
}

/** A row for each thing, a column for each number of clusters. */
function table(figures: readonly Figure[]): string {
  const sizes = [...new Set(figures.map(({ clusters }) => clusters))].sort((a, b) => a - b);
  const rows = [...new Set(figures.map(({ what }) => what))].map((what) => {
    const cells = sizes.map((size) =>
      cell(figures.find((one) => one.what === what && one.clusters === size)),
    );
    return `| ${what} | ${cells.join(' | ')} |`;
  });
  const head = `| | ${sizes.map((size) => `${size} clusters`).join(' | ')} |`;
  return [head, `|---|${'---|'.repeat(sizes.length)}`, ...rows].join('\n');
}

function cell(figure: Figure | undefined): string {
  if (!figure) return '';
  return figure.reach ? `${measured(figure)} (meant: ${figure.reach})` : measured(figure);
}

/** What each further cluster costs one istiod, between the fewest and the most that were measured. */
function perAddedCluster(recording: Recording | undefined): string {
  const figures = (recording?.figures ?? []).filter(({ what }) => what === istiodFigure);
  const [few, ...rest] = figures.toSorted((a, b) => a.clusters - b.clusters);
  const many = rest.at(-1);
  if (!few || !many) return '';
  const each = (of: 'cpu' | 'peakMiB') => ((many[of] ?? 0) - (few[of] ?? 0)) / (many.clusters - few.clusters);
  return `From ${few.clusters} to ${many.clusters} clusters, each further one cost every istiod ${each('cpu').toFixed(2)} s of CPU and ${each('peakMiB').toFixed(1)} MiB.`;
}
