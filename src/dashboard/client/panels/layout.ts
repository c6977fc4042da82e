/** Where everything of the topology's drawing is; the same input gives the same drawing. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly networks: readonly { readonly name: string; readonly box: Box }[];
  readonly cards: ReadonlyMap<string, Box>;
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export const card = { width: 232, height: 112 } as const;
const pad = 14;
const title = 26;
/** Between networks side by side: room for the links and what is written at them. */
const between = 190;
const below = 76;

export interface Placed {
  readonly name: string;
  readonly network: string;
}

/** Networks side by side as far as the width goes, their clusters below each other in them. */
export function layoutOf(clusters: readonly Placed[], available: number): Layout {
  const names = [...new Set(clusters.map(({ network }) => network))];
  const columnWidth = card.width + 2 * pad;
  const columns = Math.max(
    1,
    Math.min(names.length, Math.floor((available + between) / (columnWidth + between))),
  );
  const heights = Array.from({ length: columns }, () => 4);
  const cards = new Map<string, Box>();
  const networks = names.map((name, at) => {
    const column = at % columns;
    const own = clusters.filter(({ network }) => network === name);
    const x = 2 + column * (columnWidth + between);
    const y = heights[column] ?? 0;
    const height = title + own.length * card.height + (own.length - 1) * below + 2 * pad;
    for (const [index, cluster] of own.entries())
      cards.set(cluster.name, { ...card, x: x + pad, y: y + title + pad + index * (card.height + below) });
    heights[column] = y + height + below;
    return { name, box: { x, y, width: columnWidth, height } };
  });
  const width = columns * columnWidth + (columns - 1) * between + 4;
  return { width, height: Math.max(0, Math.max(...heights) - below + 6), networks, cards };
}

interface Point {
  readonly x: number;
  readonly y: number;
}

const centre = ({ x, y, width, height }: Box): Point => ({ x: x + width / 2, y: y + height / 2 });

/** Where the way to another point leaves a card. */
function edge(box: Box, towards: Point, shift: Point): Point {
  const { x, y } = centre(box);
  const [dx, dy] = [towards.x - x, towards.y - y];
  const scale = Math.min(
    dx === 0 ? Number.POSITIVE_INFINITY : box.width / 2 / Math.abs(dx),
    dy === 0 ? Number.POSITIVE_INFINITY : box.height / 2 / Math.abs(dy),
  );
  return { x: x + dx * scale + shift.x, y: y + dy * scale + shift.y };
}

export interface Curve {
  readonly path: string;
  readonly label: Point;
  /** On which side of the point the text stands. */
  readonly anchor: 'start' | 'middle' | 'end';
}

/** A way from one card to another; the way back is on its other side. */
export function curveOf(from: Box, to: Box): Curve {
  const [a, b] = [centre(from), centre(to)];
  const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
  // To the left of the way, so that both directions keep apart.
  const side = { x: (b.y - a.y) / length, y: -(b.x - a.x) / length };
  const shift = { x: side.x * 14, y: side.y * 14 };
  const [start, end] = [edge(from, b, shift), edge(to, a, shift)];
  const middle = { x: (start.x + end.x) / 2 + side.x * 16, y: (start.y + end.y) / 2 + side.y * 16 };
  const text = (point: Point) => `${point.x.toFixed(1)} ${point.y.toFixed(1)}`;
  return {
    path: `M${text(start)} Q${text(middle)} ${text(end)}`,
    label: { x: (start.x + end.x) / 2 + side.x * 22, y: (start.y + end.y) / 2 + side.y * 22 },
    anchor: side.x > 0.5 ? 'start' : side.x < -0.5 ? 'end' : 'middle',
  };
}
