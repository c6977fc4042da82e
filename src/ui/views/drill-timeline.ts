import type { DrillTimeline } from '../../report/index.ts';
import { escaped } from './page.ts';

/** Of answers by the cluster that gave them, told apart by everybody; lost requests are always the last. */
const hues = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#8c6d31'];
const lostHue = '#d00000';

const width = 960;
const height = 150;
const top = 34;
const left = 40;

/**
 * A caller's requests over time as SVG: who answered them, stacked; what was lost on top in red; the
 * marks of the drill as lines. The same numbers are in its title and description for those who do not see it.
 */
export function drawTimeline(timeline: DrillTimeline): string {
  const { from, slices, slice, marks } = timeline;
  const names = [...new Set(slices.flatMap(({ answers }) => Object.keys(answers)))].sort();
  const most = Math.max(1, ...slices.map(total));
  const seconds = Math.max(slice, slices.length * slice);
  const x = (at: number) => left + (at / seconds) * width;
  const bars = slices.flatMap((one) => barsOf(one, { names, x, slice, most }));
  const lines = marks.map(
    ({ at, title }, index) =>
      `<line x1="${x(at).toFixed(1)}" x2="${x(at).toFixed(1)}" y1="${top - 4}" y2="${top + height}" stroke="currentColor" stroke-dasharray="3 2"/><text x="${x(at).toFixed(1)}" y="${top - 8 - (index % 2) * 12}" font-size="11" fill="currentColor">${escaped(title)}</text>`,
  );
  return `<figure>
<svg viewBox="0 0 ${left + width + 10} ${top + height + 24}" role="img" aria-label="${escaped(summaryOf(timeline, names))}">
${bars.join('\n')}
${lines.join('\n')}
${axis(seconds, x)}
</svg>
<figcaption>Requests of ${escaped(from)}, ${slice} s a bar: ${legend(names)}</figcaption>
</figure>`;
}

type Slice = DrillTimeline['slices'][number];

const total = ({ answers, lost }: Slice): number =>
  Object.values(answers).reduce((sum, count) => sum + count, lost);

interface Scale {
  readonly names: readonly string[];
  readonly x: (at: number) => number;
  readonly slice: number;
  readonly most: number;
}

function barsOf(one: Slice, { names, x, slice, most }: Scale): string[] {
  const counts = [
    ...names.map((name, at) => ({ count: one.answers[name] ?? 0, hue: hueOf(at) })),
    { count: one.lost, hue: lostHue },
  ];
  let y = top + height;
  return counts.flatMap(({ count, hue }) => {
    if (count === 0) return [];
    const tall = (count / most) * height;
    y -= tall;
    const wide = Math.max(0.5, x(one.at + slice) - x(one.at) - 0.5);
    return [
      `<rect x="${x(one.at).toFixed(1)}" y="${y.toFixed(1)}" width="${wide.toFixed(1)}" height="${tall.toFixed(1)}" fill="${hue}"/>`,
    ];
  });
}

const hueOf = (at: number): string => hues[at % hues.length] ?? lostHue;

function axis(seconds: number, x: (at: number) => number): string {
  const step = Math.max(1, Math.ceil(seconds / 10));
  const ticks = Array.from({ length: Math.floor(seconds / step) + 1 }, (_, at) => at * step);
  return ticks
    .map(
      (at) =>
        `<text x="${x(at).toFixed(1)}" y="${top + height + 16}" font-size="11" fill="currentColor">${at} s</text>`,
    )
    .join('');
}

function legend(names: readonly string[]): string {
  const all = [...names.map((name, at) => ({ name, hue: hueOf(at) })), { name: 'lost', hue: lostHue }];
  // No style of its own, which a page with a strict policy would not take.
  const sign = (hue: string) =>
    `<svg width="10" height="10" aria-hidden="true"><rect width="10" height="10" fill="${hue}"/></svg>`;
  return all.map(({ name, hue }) => `${sign(hue)} ${escaped(name)}`).join(' ');
}

function summaryOf({ from, slices }: DrillTimeline, names: readonly string[]): string {
  const sums = names.map(
    (name) => `${slices.reduce((sum, { answers }) => sum + (answers[name] ?? 0), 0)} by ${name}`,
  );
  const lost = slices.reduce((sum, one) => sum + one.lost, 0);
  return `requests of ${from} over time: ${[...sums, `${lost} lost`].join(', ')}`;
}
