import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const page = new URL('../docs/faults.md', import.meta.url);
type Part = 'faults' | 'times' | 'soak';
/** In their order on the page, each after the first with the line that begins it. */
const parts = ['faults', 'times', 'soak'] as const satisfies readonly Part[];
const border = (part: Part): string => `<!-- the ${part} -->`;

/** docs/faults.md has three parts: the faults, the times of a run without the other means, the soak. Each run writes its own. */
export function replacePart(part: Part, text: string): void {
  const known = existsSync(page) ? partsOf(readFileSync(page, 'utf8')) : new Map<Part, string>();
  known.set(part, text);
  const written = parts.flatMap((one) => {
    const own = known.get(one)?.trim();
    if (!own) return [];
    return one === 'faults' ? [own] : [border(one), own];
  });
  writeFileSync(page, `${written.join('\n\n')}\n`);
}

/** A part ends where any of the others begins. */
function partsOf(text: string): Map<Part, string> {
  const beginnings = parts
    .map((part) => ({ part, at: part === 'faults' ? 0 : text.indexOf(border(part)) }))
    .filter(({ at }) => at >= 0);
  return new Map(
    beginnings.map(({ part, at }, index) => {
      const own = text.slice(at, beginnings[index + 1]?.at);
      return [part, own.replace(border(part), '').trim()] as const;
    }),
  );
}
