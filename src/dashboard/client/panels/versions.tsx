import { seen, value } from '../model/entries.ts';
import { clusterNames, type Health } from '../model/health.ts';
import { found } from '../model/view-state.ts';
import { Mark } from '../parts/marks.tsx';
import { Panel } from '../parts/panel.tsx';
import { Table } from '../parts/table.tsx';

/** What runs where, and how far apart it is. */
export function Versions() {
  const rows = clusterNames.value
    .filter((name) => found(name))
    .map((name) => ({ name, view: value(`versions/${name}`) }));
  const istiods = new Set(rows.flatMap(({ view }) => view?.istiods ?? []));
  const proxies = new Set(rows.flatMap(({ view }) => Object.keys(view?.proxies ?? {})));
  const kubernetes = new Set(rows.flatMap(({ view }) => view?.kubernetes ?? []));
  return (
    <Panel
      id="versions"
      title="Versions"
      of="versions"
      note={value('mesh')?.istio ? `Istio ${value('mesh')?.istio} in the file` : undefined}
    >
      <p>
        <Skew what="istiod" versions={istiods} /> <Skew what="proxies" versions={proxies} />{' '}
        <Skew what="Kubernetes" versions={kubernetes} />
      </p>
      <Table
        caption="Versions"
        heads={['Cluster', 'Kubernetes', 'istiod', 'Proxies']}
        empty="no cluster was seen yet"
        rows={rows.map(({ name, view }) => ({
          key: name,
          grey: seen(`versions/${name}`)?.trouble !== undefined,
          cells: [
            name,
            view?.kubernetes ?? '–',
            view?.istiods.join(', ') || '–',
            Object.entries(view?.proxies ?? {})
              .map(([version, number]) => `${number} × ${version}`)
              .join(', ') || '–',
          ],
        }))}
      />
    </Panel>
  );
}

const minorOf = (version: string): number => Number(/^v?\d+\.(\d+)/.exec(version)?.[1] ?? Number.NaN);

function Skew({ what, versions }: { what: string; versions: ReadonlySet<string> }) {
  const minors = [...versions].map(minorOf).filter((minor) => !Number.isNaN(minor));
  const skew = minors.length > 0 ? Math.max(...minors) - Math.min(...minors) : 0;
  const health: Health =
    versions.size === 0 ? 'grey' : skew > 1 ? 'bad' : versions.size > 1 ? 'caution' : 'good';
  const text =
    versions.size === 0
      ? 'unknown'
      : versions.size === 1
        ? 'one version'
        : skew === 0
          ? `${versions.size} patches of one minor`
          : `${skew} minor apart`;
  return (
    <Mark health={health}>
      {what}: {text}
    </Mark>
  );
}
