import type { Signal } from '@preact/signals';

/** A wish for more rows, where not all are shown. */
export function More({ limit, of }: { limit: Signal<number>; of: number }) {
  if (of <= limit.value) return null;
  const more = () => {
    limit.value += 200;
  };
  return (
    <button type="button" onClick={more}>
      show more ({of - limit.value} are left)
    </button>
  );
}
