import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import type { Kind } from '../../state/panels.ts';
import { oldestOf } from '../model/entries.ts';
import { choose, viewState } from '../model/view-state.ts';
import { Age } from './marks.tsx';

export interface PanelProps {
  readonly id: string;
  readonly title: string;
  /** What it shows; its age is that of the oldest part. */
  readonly of: Kind;
  readonly children: ComponentChildren;
  /** A few words beside the title. */
  readonly note?: string | undefined;
}

/** A part of the page that can be closed, and says how old it is. */
export function Panel({ id, title, of, children, note }: PanelProps) {
  const oldest = useMemo(() => oldestOf(of), [of]);
  const { closed } = viewState.value;
  const isOpen = !closed.includes(id);
  const toggle = () => choose({ closed: isOpen ? [...closed, id] : closed.filter((one) => one !== id) });
  return (
    <section class="panel" id={id} aria-labelledby={`${id}-title`}>
      <header>
        <h2 id={`${id}-title`}>
          <button type="button" class="fold" aria-expanded={isOpen} onClick={toggle}>
            <span aria-hidden="true">{isOpen ? '▾' : '▸'}</span> {title}
          </button>
        </h2>
        {note && <span class="note">{note}</span>}
        <Age observed={oldest.value} before="oldest part seen" />
      </header>
      {isOpen && children}
    </section>
  );
}
