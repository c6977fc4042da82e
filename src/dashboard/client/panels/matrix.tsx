import { useSignal } from '@preact/signals';
import { value } from '../model/entries.ts';
import { clusterHealth, clusterNames, type Link, linkOf, sign } from '../model/health.ts';
import { sentenceOf } from '../model/link-words.ts';
import { choose, found, viewState } from '../model/view-state.ts';
import { milliseconds, percent } from '../model/words.ts';

const steps: Readonly<Record<string, readonly [number, number]>> = {
  ArrowRight: [0, 1],
  ArrowLeft: [0, -1],
  ArrowDown: [1, 0],
  ArrowUp: [-1, 0],
};

/** Every ordered pair of clusters as one cell: reach, latency, share. The arrow keys go from cell to cell. */
export function Matrix() {
  const names = clusterNames.value.filter((name) => found(name));
  const at = useSignal<readonly [number, number]>([0, 0]);
  const move = (event: KeyboardEvent & { readonly currentTarget: HTMLElement }) => {
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    const clamp = (index: number) => Math.max(0, Math.min(names.length - 1, index));
    const [row, column] = [clamp(at.value[0] + step[0]), clamp(at.value[1] + step[1])];
    at.value = [row, column];
    event.currentTarget.querySelector<HTMLElement>(`[data-cell="${row} ${column}"]`)?.focus();
  };
  return (
    <div class="scroll">
      <table
        class="matrix"
        // Of a known width, so that a changed cell moves no other one.
        style={{ width: `${8 + names.length * 3.6}rem` }}
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a table whose cells are walked by the arrow keys
        role="grid"
        aria-label="from the cluster of the row to that of the column"
        onKeyDown={move}
      >
        <thead>
          <tr>
            <th scope="col">from ↓ to →</th>
            {names.map((name) => (
              <th scope="col" key={name}>
                <span>{name}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {names.map((from, row) => (
            <MatrixRow
              key={from}
              from={from}
              row={row}
              names={names}
              focused={at.value[0] === row ? at.value[1] : -1}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  readonly from: string;
  readonly row: number;
  readonly names: readonly string[];
  /** Which cell of the row the keyboard enters by; -1 for none. */
  readonly focused: number;
}

function MatrixRow({ from, row, names, focused }: RowProps) {
  const health = clusterHealth(value(`cluster/${from}`));
  return (
    <tr>
      <th scope="row" class={health}>
        <button type="button" class="plain" onClick={() => choose({ select: `cluster/${from}` })}>
          {sign[health]} {from}
        </button>
      </th>
      {names.map((to, column) => (
        <MatrixCell key={to} from={from} to={to} where={`${row} ${column}`} focused={column === focused} />
      ))}
    </tr>
  );
}

interface CellProps {
  readonly from: string;
  readonly to: string;
  readonly where: string;
  readonly focused: boolean;
}

function MatrixCell({ from, to, where, focused }: CellProps) {
  const own = from === to;
  const link = linkOf(from, to);
  const select = own ? `cluster/${from}` : `link/${from}/${to}`;
  const chosen = viewState.value.select === select;
  const label = own ? `${from} itself` : sentenceOf(link);
  const open = () => choose({ select });
  return (
    <td
      data-cell={where}
      class={`${own ? 'own' : link.health} ${chosen ? 'chosen' : ''}`}
      tabIndex={focused ? 0 : -1}
      title={label}
      onClick={open}
      onKeyDown={(event) => event.key === 'Enter' && open()}
    >
      {own ? '·' : linesOf(link)}
    </td>
  );
}

/** Sign, share and latency, one below the other. */
const linesOf = ({ health, share, medianMs }: Link): string =>
  [
    sign[health],
    ...(share === undefined ? [] : [percent(share)]),
    ...(medianMs === undefined ? [] : [milliseconds(medianMs)]),
  ].join('\n');
