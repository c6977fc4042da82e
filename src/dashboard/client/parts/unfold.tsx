import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';

export interface UnfoldProps {
  readonly summary: ComponentChildren;
  /** Made only when it is to be seen. */
  readonly children: () => ComponentChildren;
  readonly class?: string | undefined;
}

/** A line that opens to more. */
export function Unfold({ summary, children, ...more }: UnfoldProps) {
  const isOpen = useSignal(false);
  return (
    <details
      class={more.class ?? ''}
      onToggle={(event) => {
        isOpen.value = event.currentTarget.open;
      }}
    >
      <summary>{summary}</summary>
      {isOpen.value && children()}
    </details>
  );
}
