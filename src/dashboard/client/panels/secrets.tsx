import { useSignal } from '@preact/signals';
import { shownMinute, valuesOf } from '../model/entries.ts';
import { found, viewState } from '../model/view-state.ts';
import { daysUntil, duration, until } from '../model/words.ts';
import { Mark } from '../parts/marks.tsx';
import { More } from '../parts/more.tsx';
import { Panel } from '../parts/panel.tsx';
import { Table } from '../parts/table.tsx';

/** Shown at first: of many clusters there are very many pairs. */
const atOnce = 60;

/** By what each cluster reads its peers: the kind of access, its age, and whether istiod is up to date. */
export function Secrets() {
  const limit = useSignal(atOnce);
  const rows = valuesOf('cluster').flatMap(({ now, last }) =>
    (now.unseen ? (last?.status.remotes ?? []) : now.remotes).map((remote) => ({
      holder: now.cluster,
      silent: now.unseen !== undefined,
      ...remote,
    })),
  );
  const shown = rows.filter(
    (row) => found(row.holder, row.peer) && (!viewState.value.wrong || !row.synced || !row.token),
  );
  return (
    <Panel id="secrets" title="Remote secrets" of="cluster" note={`${rows.length} seen`}>
      <Table
        caption="Remote secrets"
        heads={['In → of', 'Sync', 'Access', 'Age', 'Ends', 'istiod']}
        empty="no remote secret was seen"
        rows={shown.slice(0, limit.value).map(({ holder, peer, istiod, synced, state, token, silent }) => ({
          key: `${holder} ${peer} ${istiod}`,
          grey: silent,
          cells: [
            `${holder} → ${peer}`,
            <Mark health={silent ? 'grey' : synced ? 'good' : 'bad'}>{state}</Mark>,
            token
              ? token.access === 'bounded'
                ? 'a token that ends by itself'
                : 'a token that lives by a Secret'
              : 'cannot be read',
            token ? duration((shownMinute.value - Date.parse(token.issued)) / 1000) : '–',
            token?.expires ? (
              <Mark health={daysUntil(token.expires, shownMinute.value) < 7 ? 'caution' : 'good'}>
                {until(token.expires, shownMinute.value)}
              </Mark>
            ) : (
              '–'
            ),
            istiod,
          ],
        }))}
      />
      <More limit={limit} of={shown.length} />
    </Panel>
  );
}
