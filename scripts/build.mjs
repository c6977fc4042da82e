// Bundles the library, the CLI and the load-balancer controller into dist/, dependencies left outside; the dashboard's page with them.
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const entries = ['src/index.ts', 'src/cli/main.ts', 'src/local/load-balancer-main.ts'];

const result = await build({
  absWorkingDir: root,
  entryPoints: entries.filter((entry) => existsSync(join(root, entry))),
  outbase: 'src',
  outdir: 'dist',
  bundle: true,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  sourcemap: true,
  metafile: true,
  logLevel: 'warning',
});

const page = JSON.parse(readFileSync(join(root, 'src/dashboard/client/build.json'), 'utf8'));
await build({ ...page, absWorkingDir: root, outdir: 'dist/dashboard', logLevel: 'warning' });

// A running isthmus may still import a chunk of the build before; old ones go only after a day.
const current = new Set(Object.keys(result.metafile.outputs));
const chunks = join(root, 'dist/chunks');
for (const name of existsSync(chunks) ? readdirSync(chunks) : []) {
  const old = Date.now() - statSync(join(chunks, name)).mtimeMs > 86_400_000;
  if (old && !current.has(`dist/chunks/${name}`)) rmSync(join(chunks, name));
}
writeFileSync(join(root, 'dist/.built'), '');
utimesSync(join(root, 'dist/.built'), new Date(), new Date());
