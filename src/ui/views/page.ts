/** A table of a report's page. */
export interface Section {
  readonly title: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Page {
  readonly title: string;
  /** The line that says it all. */
  readonly verdict: string;
  /** Drawings that stand before the tables, as SVG; a page of Markdown leaves them out. */
  readonly drawings?: readonly string[] | undefined;
  readonly sections: readonly Section[];
}

/** A report as a page that needs nothing else: HTML, or Markdown for a review. */
export function renderPage(page: Page, format: 'html' | 'markdown'): string {
  const sections = page.sections.filter(({ rows }) => rows.length > 0);
  return format === 'html' ? htmlPage({ ...page, sections }) : markdownPage({ ...page, sections });
}

function markdownPage({ title, verdict, sections }: Page): string {
  const cell = (text: string) => text.replaceAll('|', '\\|').replace(/\s+/g, ' ');
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  const tables = sections.map(({ title: name, heads, rows }) =>
    [`## ${name}`, '', line(heads), line(heads.map(() => '---')), ...rows.map(line), ''].join('\n'),
  );
  return [`# ${title}`, '', verdict, '', ...tables].join('\n');
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text as HTML and SVG take it. */
export const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => entities[sign] ?? sign);

const style = `body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#1a1a1a;background:#fff}
table{border-collapse:collapse;width:100%;margin-bottom:1.5rem}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ccc;overflow-wrap:anywhere}
@media(prefers-color-scheme:dark){body{color:#eee;background:#161616}th,td{border-color:#444}}`;

function htmlPage({ title, verdict, drawings = [], sections }: Page): string {
  const row = (cells: readonly string[]) =>
    `<tr>${cells.map((one) => `<td>${escaped(one)}</td>`).join('')}</tr>`;
  const tables = sections.map(
    ({ title: name, heads, rows }) =>
      `<h2>${escaped(name)}</h2>\n<table>\n<thead><tr>${heads
        .map((one) => `<th scope="col">${escaped(one)}</th>`)
        .join('')}</tr></thead>\n<tbody>\n${rows.map(row).join('\n')}\n</tbody>\n</table>`,
  );
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title><style>${style}</style></head>
<body>
<main>
<h1>${escaped(title)}</h1>
<p>${escaped(verdict)}</p>
${[...drawings, ...tables].join('\n')}
</main>
</body>
</html>
`;
}
