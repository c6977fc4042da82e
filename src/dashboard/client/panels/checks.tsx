import { useSignal } from '@preact/signals';
import type { CheckResult, Outcome } from '../../../report/index.ts';
import { keysOf, value } from '../model/entries.ts';
import { checkHealth, type Health } from '../model/health.ts';
import { choose, found, viewState } from '../model/view-state.ts';
import { count } from '../model/words.ts';
import { Mark } from '../parts/marks.tsx';
import { More } from '../parts/more.tsx';
import { Panel } from '../parts/panel.tsx';
import { Table } from '../parts/table.tsx';

const order: readonly Health[] = ['bad', 'caution', 'grey', 'good'];
const atOnce = 60;

/** Every check's last result, what is wrong first. */
export function Checks() {
  const limit = useSignal(atOnce);
  const { wrong } = viewState.value;
  const all = keysOf('check').flatMap((key) => {
    const result = value(key as 'check');
    return result ? [{ key, result }] : [];
  });
  const kinds = order.filter((health) => !wrong || health === 'bad' || health === 'caution');
  const wanted = all.filter(({ result }) =>
    found(result.id, result.subject, result.title, textOf(result.outcome)),
  );
  const shown = kinds.flatMap((health) => wanted.filter(({ result }) => checkHealth(result) === health));
  const failed = all.filter(({ result }) => checkHealth(result) === 'bad').length;
  const note = `${count(all.length, 'result')}, ${failed === 0 ? 'none fails' : `${failed} fail`}`;
  return (
    <Panel id="checks" title="Checks" of="check" note={note}>
      <Table
        caption="Results of the checks"
        heads={['Check', 'Subject', 'Result', 'Detail']}
        empty={all.length === 0 ? 'the first look is under way' : 'nothing of that kind'}
        rows={shown.slice(0, limit.value).map(({ key, result }) => rowOf(key, result))}
      />
      <More limit={limit} of={shown.length} />
    </Panel>
  );
}

function rowOf(key: string, result: CheckResult) {
  const { id, subject, outcome } = result;
  return {
    key,
    cells: [
      <button type="button" class="plain link" onClick={() => choose({ select: key })}>
        {id}
      </button>,
      subject ?? 'mesh',
      <Mark health={checkHealth(result)}>{outcome.status}</Mark>,
      textOf(outcome),
    ],
  };
}

export function textOf(outcome: Outcome): string {
  if (outcome.status === 'skip') return outcome.reason;
  return outcome.status === 'blocked' ? `blocked by ${outcome.by}` : outcome.detail;
}
