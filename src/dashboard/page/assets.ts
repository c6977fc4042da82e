import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { IsthmusError } from '../../errors/index.ts';

/** The page: one document, one script, one style sheet, nothing from elsewhere. */
export interface PageAssets {
  readonly html: string;
  readonly script: string;
  readonly style: string;
}

const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>isthmus</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page.css">
<script type="module" src="/page.js"></script>
</head>
<body></body>
</html>
`;

let known: Promise<PageAssets> | undefined;

/** Script and style as the build left them; of a checkout that runs from its sources, made from those. */
export function pageAssets(): Promise<PageAssets> {
  known ??= import.meta.url.endsWith('.ts') ? fromSources() : fromBuild();
  return known;
}

async function fromBuild(): Promise<PageAssets> {
  // This code is in a chunk, or in an entry of the same or the upper folder.
  const folder = ['./dashboard/', '../dashboard/']
    .map((path) => new URL(path, import.meta.url))
    .find((one) => existsSync(new URL('page.js', one)));
  if (!folder)
    throw new IsthmusError('BUG', 'dist/dashboard/page.js is not part of this installation', {
      hint: 'npm run build makes it',
    });
  const read = (name: string) => readFile(new URL(name, folder), 'utf8');
  const [script, style] = await Promise.all([read('page.js'), read('style.css')]);
  return { html, script, style };
}

async function fromSources(): Promise<PageAssets> {
  const { build } = await import('esbuild');
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  const options = JSON.parse(
    await readFile(new URL('../client/build.json', import.meta.url), 'utf8'),
  ) as object;
  const { outputFiles } = await build({
    ...options,
    absWorkingDir: root,
    outdir: 'dist/dashboard',
    write: false,
  });
  const text = (end: string) => outputFiles.find(({ path }) => path.endsWith(end))?.text ?? '';
  return { html, script: text('.js'), style: text('.css') };
}
