import { seen, shownMinute, value, valuesOf } from '../model/entries.ts';
import type { Health } from '../model/health.ts';
import { found, viewState } from '../model/view-state.ts';
import { count, daysUntil, short, until } from '../model/words.ts';
import { Mark, Trouble } from '../parts/marks.tsx';
import { Panel } from '../parts/panel.tsx';
import { Table } from '../parts/table.tsx';
import { Unfold } from '../parts/unfold.tsx';

/** Roots, intermediates, leaves, and where the mesh stands on the way to a new root. */
export function Trust() {
  return (
    <Panel id="trust" title="Trust" of="trust">
      <Phase />
      <Roots />
      <Clusters />
    </Panel>
  );
}

const phases = ['trust-both', 'sign-new', 'drop-old', 'finished'] as const;

function Phase() {
  const rotation = value('rotation');
  if (!rotation) return <p class="empty">no authority was seen yet</p>;
  const { phase, target, lagging, clusters } = rotation;
  if (phase === 'at rest')
    return (
      <p>
        <Mark health="good">one root, no rotation under way</Mark> <code>{short(target)}</code>
      </p>
    );
  return (
    <div>
      <p>
        <Mark health="caution">a rotation is under way</Mark> to <code>{short(target)}</code>
        {lagging.length > 0 ? `; still to come: ${phase} in ${lagging.join(', ')}` : ''}
      </p>
      <ol class="phases" aria-label="phases of the rotation">
        {phases.map((one) => (
          <li key={one} aria-current={one === phase ? 'step' : undefined}>
            {one}
          </li>
        ))}
      </ol>
      <p>
        {Object.entries(clusters)
          .map(([name, position]) => `${name}: ${position}`)
          .join(' · ')}
      </p>
    </div>
  );
}

const life = (date: string): Health => {
  const days = daysUntil(date, shownMinute.value);
  return days <= 0 ? 'bad' : days < 30 ? 'caution' : 'good';
};

/** Leaves are made to live for a day. */
const leafLife = (date: string): Health => {
  const days = daysUntil(date, shownMinute.value);
  return days <= 0 ? 'bad' : days < 0.08 ? 'caution' : 'good';
};

function Roots() {
  const rows = new Map(
    valuesOf('trust').flatMap((view) => view.roots.map((root) => [root.fingerprint, root])),
  );
  const holders = (fingerprint: string) =>
    valuesOf('trust').filter(({ roots }) => roots.some((root) => root.fingerprint === fingerprint)).length;
  return (
    <Table
      caption="Roots"
      heads={['Root', 'Subject', 'Ends', 'Trusted in']}
      empty="no root was seen yet"
      rows={[...rows.values()].map((root) => ({
        key: root.fingerprint,
        cells: [
          <code>{short(root.fingerprint)}</code>,
          root.subject,
          <Mark health={life(root.notAfter)}>{until(root.notAfter, shownMinute.value)}</Mark>,
          count(holders(root.fingerprint), 'cluster'),
        ],
      }))}
    />
  );
}

function Clusters() {
  const names = (value('mesh')?.clusters ?? []).map(({ name }) => name).filter((name) => found(name));
  return (
    <div>
      {names.map((name) => (
        <ClusterTrust key={name} name={name} />
      ))}
    </div>
  );
}

function ClusterTrust({ name }: { name: string }) {
  const view = value(`trust/${name}`);
  const trouble = seen(`trust/${name}`)?.trouble;
  if (!view) return trouble ? <Trouble text={`${name}: ${trouble}`} /> : null;
  const { source, intermediate, signer, leaves, proxies } = view;
  const roots = new Set(view.roots.map(({ fingerprint }) => fingerprint));
  const strange = leaves.filter(({ root }) => root === undefined || !roots.has(root));
  const soonest = leaves.toSorted((a, b) => a.notAfter.localeCompare(b.notAfter))[0];
  const health: Health = strange.length > 0 ? 'bad' : soonest ? leafLife(soonest.notAfter) : 'grey';
  if (viewState.value.wrong && health === 'good' && !trouble) return null;
  return (
    <Unfold
      class={trouble ? 'old' : ''}
      summary={
        <>
          <b>{name}</b>{' '}
          {intermediate ? `intermediate ends ${until(intermediate.notAfter, shownMinute.value)}` : source}
          {' · '}
          <Mark health={health}>
            {strange.length > 0
              ? `${count(strange.length, 'leaf certificate')} of no trusted root`
              : soonest
                ? `${leaves.length} of ${proxies} leaves asked, the first ends ${until(soonest.notAfter, shownMinute.value)}`
                : 'no proxy was asked'}
          </Mark>
        </>
      }
    >
      {() => (
        <>
          <Trouble text={trouble} />
          <p>
            Signs by {source}
            {intermediate && (
              <>
                : <code>{short(intermediate.fingerprint)}</code> {intermediate.subject} under root{' '}
                <code>{short(signer)}</code>
              </>
            )}
          </p>
          <Table
            caption={`Leaves in ${name}`}
            heads={['Pod', 'Identity', 'Ends', 'Root', 'Trusts']}
            empty="no proxy was asked"
            rows={leaves.map((leaf) => ({
              key: leaf.pod,
              cells: [
                leaf.pod,
                leaf.identity,
                <Mark health={leafLife(leaf.notAfter)}>{until(leaf.notAfter, shownMinute.value)}</Mark>,
                <code>{leaf.root ? short(leaf.root) : 'none that is trusted'}</code>,
                leaf.trusts.map(short).join(' '),
              ],
            }))}
          />
        </>
      )}
    </Unfold>
  );
}
