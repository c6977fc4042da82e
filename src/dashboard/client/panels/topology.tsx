import { useEffect, useRef, useState } from 'preact/hooks';
import { ageOf, seen, value } from '../model/entries.ts';
import { clusterHealth, clusterNames, type Link, linkOf, sign } from '../model/health.ts';
import { sentenceOf, textOf } from '../model/link-words.ts';
import { choose, found, viewState } from '../model/view-state.ts';
import { duration } from '../model/words.ts';
import { activate } from '../parts/activate.ts';
import { Panel } from '../parts/panel.tsx';
import { type Box, type Curve, curveOf, layoutOf } from './layout.ts';
import { Links } from './links.tsx';
import { Matrix } from './matrix.tsx';

/** From so many clusters on lines between them are a tangle, and a matrix is read instead. */
const matrixFrom = 12;

/** Networks, clusters, gateways, and the ways between clusters. */
export function Topology() {
  const names = clusterNames.value;
  const networks = new Set((value('mesh')?.clusters ?? []).map(({ network }) => network)).size;
  return (
    <Panel
      id="topology"
      title="Topology"
      of="cluster"
      note={`${names.length} clusters in ${networks} networks`}
    >
      {names.length < matrixFrom ? <Drawing /> : <Matrix />}
      {names.length < matrixFrom && <Links />}
    </Panel>
  );
}

function Drawing() {
  const frame = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const observer = new ResizeObserver(([seen]) => setWidth(seen?.contentRect.width ?? 0));
    if (frame.current) observer.observe(frame.current);
    return () => observer.disconnect();
  }, []);
  const clusters = value('mesh')?.clusters ?? [];
  const layout = layoutOf(clusters, width || 900);
  const pairs = clusters.flatMap(({ name: from }) =>
    clusters.flatMap(({ name: to }) => (from === to ? [] : [{ from, to }])),
  );
  return (
    <div ref={frame} class="drawing">
      {/* biome-ignore lint/a11y/useSemanticElements: SVG is no form, and has no fieldset */}
      <svg
        width={layout.width}
        height={layout.height}
        role="group"
        aria-label="clusters, their networks and the ways between them"
      >
        {layout.networks.map(({ name, box }) => (
          <g key={name}>
            <rect class="network" rx="10" {...box} />
            <text class="network-name" x={box.x + 14} y={box.y + 20}>
              {name}
            </text>
          </g>
        ))}
        {pairs.map(({ from, to }) => {
          const [a, b] = [layout.cards.get(from), layout.cards.get(to)];
          return a && b ? (
            <Way
              key={`${from} ${to}`}
              link={linkOf(from, to)}
              curve={curveOf(a, b)}
              few={pairs.length <= 6}
            />
          ) : null;
        })}
        {clusters.map(({ name }) => {
          const box = layout.cards.get(name);
          return box ? <Card key={name} name={name} box={box} /> : null;
        })}
      </svg>
    </div>
  );
}

function Way({ link, curve, few }: { link: Link; curve: Curve; few: boolean }) {
  const key = `link/${link.from}/${link.to}`;
  const chosen = viewState.value.select === key;
  const wanted = found(link.from, link.to);
  return (
    <g class={`way ${link.health} ${chosen ? 'chosen' : ''} ${wanted ? '' : 'dim'}`}>
      <path class="line" d={curve.path} />
      {(few || chosen) && (
        <text x={curve.label.x} y={curve.label.y + 4} text-anchor={curve.anchor}>
          {textOf(link)}
        </text>
      )}
      {/* biome-ignore lint/a11y/useSemanticElements: SVG has no button of its own */}
      <path
        class="hit"
        d={curve.path}
        role="button"
        tabindex={0}
        aria-label={sentenceOf(link)}
        {...activate(() => choose({ select: key }))}
      />
    </g>
  );
}

function Card({ name, box }: { name: string; box: Box }) {
  const health = clusterHealth(value(`cluster/${name}`));
  const key = `cluster/${name}`;
  const lines = linesOf(name);
  const chosen = viewState.value.select === key;
  return (
    <g class={`card ${health} ${chosen ? 'chosen' : ''} ${found(name, ...lines) ? '' : 'dim'}`}>
      <rect class="box" rx="8" {...box} />
      <text class="name" x={box.x + 12} y={box.y + 23}>
        {sign[health]} {name}
      </text>
      {lines.slice(0, 4).map((line, at) => (
        <text key={at} x={box.x + 12} y={box.y + 43 + at * 18}>
          {line.length > 33 ? `${line.slice(0, 32)}…` : line}
        </text>
      ))}
      {/* biome-ignore lint/a11y/useSemanticElements: SVG has no button of its own */}
      <rect
        class={`hit ${health}`}
        rx="8"
        {...box}
        role="button"
        tabindex={0}
        aria-label={`cluster ${name}: ${lines.join('; ')}`}
        {...activate(() => choose({ select: key }))}
      />
    </g>
  );
}

/** A cluster in a few lines; one that does not answer says what it was, and when. */
function linesOf(name: string): string[] {
  const { now, last } = value(`cluster/${name}`) ?? {};
  if (!now) return [seen(`cluster/${name}`)?.trouble ?? 'not looked at yet'];
  const status = now.unseen ? last?.status : now;
  const age = ageOf(last?.at);
  const head = now.unseen
    ? [`${now.state}${age === undefined ? '' : `, last seen ${duration(age)} ago`}`]
    : [`${now.state} · ${now.version ?? 'version unknown'}`];
  if (!status) return [...head, now.unseen?.message ?? now.detail];
  const { istiod, gateways } = status;
  const words = gateways.map(({ name: gateway, addresses, ready, total }) => {
    const short = gateway
      .replace(/^.*\//, '')
      .replace(/^istio-/, '')
      .replace(/gateway$/, '');
    return `${short} ${ready}/${total} ${addresses[0] ?? 'no address'}`;
  });
  return [
    ...head,
    istiod ? `istiod ${istiod.ready}/${istiod.total} ${istiod.version ?? ''}` : 'no istiod',
    ...words,
  ];
}
