export interface Curve {
  readonly name: string;
  readonly dashed: boolean;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

const [width, height, left, top] = [760, 420, 60, 20];
const [right, bottom] = [width - 180, height - 50];
/** Readable on white and on black, and apart without red and green alone (Okabe and Ito). */
const colors = ['#0072b2', '#e69f00', '#009e73', '#d55e00', '#cc79a7'];

/** Curves over a logarithmic grid of both axes, the name of each at its side. */
export function curvesSvg(
  curves: readonly Curve[],
  units: { readonly x: string; readonly y: string },
): string {
  const all = curves.flatMap(({ points }) => points);
  const x = scale(
    all.map((one) => one.x),
    [left, right],
  );
  const y = scale(
    all.map((one) => one.y),
    [bottom, top],
  );
  const xs = [...new Set(all.map((one) => one.x))].sort((a, b) => a - b);
  const ys = [0.5, 1, 2, 5, 10, 20, 50, 100, 200].filter((one) => y(one) >= top && y(one) <= bottom);
  const names = [...new Set(curves.map(({ name }) => name.split(',')[0]))];
  const parts = [
    `<title>Seconds by the number of ${units.x}</title>`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    ...ys.map(
      (one) =>
        `<path d="M${left} ${y(one)}H${right}" stroke="#ddd"/>${text([left - 8, y(one) + 4], `${one} ${units.y}`, 'end')}`,
    ),
    ...xs.map((one) => text([x(one), bottom + 18], `${one}`, 'middle')),
    text([(left + right) / 2, bottom + 38], units.x, 'middle'),
    `<path d="M${left} ${top}V${bottom}H${right}" fill="none" stroke="#666"/>`,
    ...curves.map((curve, at) => {
      const color = colors[names.indexOf(curve.name.split(',')[0] ?? '') % colors.length] ?? '#000';
      return drawn(curve, { color, at, x, y });
    }),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">\n${parts.join('\n')}\n</svg>\n`;
}

type Scale = (value: number) => number;

/** Logarithmic, from the least to the most; everything in the middle where they are one. */
function scale(values: readonly number[], [from, to]: readonly [number, number]): Scale {
  const logs = values.map(Math.log);
  const [least, most] = [Math.min(...logs), Math.max(...logs)];
  const span = most - least || 1;
  const place = (value: number) => from + ((Math.log(value) - least) / span) * (to - from);
  return (value) => Number(place(value).toFixed(1));
}

function drawn(
  { name, dashed, points }: Curve,
  { color, at, x, y }: { color: string; at: number; x: Scale; y: Scale },
): string {
  const sorted = points.toSorted((a, b) => a.x - b.x);
  const path = sorted.map((one) => `${x(one.x)},${y(one.y)}`).join(' ');
  const dash = dashed ? ' stroke-dasharray="5 3"' : '';
  const dots = sorted.map((one) => `<circle cx="${x(one.x)}" cy="${y(one.y)}" r="3" fill="${color}"/>`);
  const row = top + 10 + at * 20;
  const key = `<path d="M${right + 20} ${row - 4}h24" stroke="${color}" stroke-width="2"${dash}/>${text([right + 50, row], name, 'start')}`;
  return `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="2"${dash}/>${dots.join('')}${key}`;
}

type Point = readonly [x: number, y: number];

const text = ([x, y]: Point, said: string, anchor: 'start' | 'middle' | 'end'): string =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="#333">${said}</text>`;
