import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const page = new URL('../docs/faults.md', import.meta.url);
const border = '\n<!-- the soak -->\n';

/** docs/faults.md has two parts, the faults and the soak, each written by its own full run. */
export function replacePart(part: 'faults' | 'soak', text: string): void {
  const [faults = '', soak = ''] = existsSync(page) ? readFileSync(page, 'utf8').split(border) : [];
  const parts = part === 'faults' ? [text, soak] : [faults, text];
  writeFileSync(
    page,
    parts
      .map((one) => one.trimEnd())
      .join(`\n${border}\n`)
      .trimEnd()
      .concat('\n'),
  );
}
