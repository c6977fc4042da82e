import type { ComponentChildren } from 'preact';

export interface Row {
  readonly key: string;
  /** The first is the row's head. */
  readonly cells: readonly ComponentChildren[];
  readonly grey?: boolean | undefined;
}

export interface TableProps {
  readonly caption: string;
  readonly heads: readonly string[];
  readonly rows: readonly Row[];
  readonly empty: string;
}

/** A table that scrolls by itself where the page is narrow, also by the keyboard. */
export function Table({ caption, heads, rows, empty }: TableProps) {
  if (rows.length === 0) return <p class="empty">{empty}</p>;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a group to scroll is no form, and has no fieldset
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <div class="scroll" role="group" tabIndex={0} aria-label={caption}>
      <table>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {heads.map((head) => (
              <th scope="col" key={head}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells: [first, ...rest], grey }) => (
            <tr key={key} class={grey ? 'old' : ''}>
              <th scope="row">{first}</th>
              {rest.map((cell, at) => (
                <td key={heads[at + 1]}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
