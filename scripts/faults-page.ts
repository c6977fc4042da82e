import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const page = new URL('../docs/faults.md', import.meta.url);
/** In their order on the page, each after the first with the line that begins it. */
const parts = ['faults', 'times', 'soak'] as const;
type Part = (typeof parts)[number];
const border = (part: string): string => `<!-- the ${part} -->`;

/** docs/faults.md has three parts: the faults, the times of a run without the other means, the soak. Each run writes its own. */
export function replacePart(part: Part, text: string): void {
  const known = partsOf(existsSync(page) ? readFileSync(page, 'utf8') : '').set(part, text);
  const written = parts.flatMap((one) => {
    const own = known.get(one)?.trim();
    if (!own) return [];
    return one === 'faults' ? [own] : [border(one), own];
  });
  writeFileSync(page, `${written.join('\n\n')}\n`);
}

/** Each part's text by its name; the first has no line that begins it. */
function partsOf(text: string): Map<string, string> {
  const pattern = /<!-- the (faults|times|soak) -->(.*?)(?=<!-- the (?:times|soak) -->|$)/gs;
  const found = `${border('faults')}${text}`.matchAll(pattern);
  return new Map([...found].map(([, part = '', own = '']) => [part, own]));
}
