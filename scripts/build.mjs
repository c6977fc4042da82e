// Bundles the library, the programs (CLI and load-balancer controller) and the dashboard's page into dist/.
import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { noticesOf } from './notices.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const DAY_MS = 86_400_000;

const common = {
  absWorkingDir: root,
  outbase: 'src',
  outdir: 'dist',
  bundle: true,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  // Lines and names are enough for a stack; the sources would be twice the weight of the rest.
  sourcesContent: false,
  metafile: true,
  logLevel: 'warning',
};

/** Whoever imports the library shares its dependencies with it, so they stay outside. */
const library = () => build({ ...common, entryPoints: ['src/index.ts'], packages: 'external' });

/**
 * Programs have theirs within: Node takes more than half a second of processor time to find, read and
 * tell apart as many small files. AWS's packages stay outside, as they are only fetched where AWS is used.
 */
const programs = () =>
  build({
    ...common,
    entryPoints: ['src/cli/main.ts', 'src/local/load-balancer-main.ts'].filter((entry) =>
      existsSync(join(root, entry)),
    ),
    mainFields: ['module', 'main'],
    external: [
      ...['@aws-cdk/*', '@aws-sdk/*', '@smithy/*', 'aws-cdk-lib', 'constructs', 'cdk-nag'],
      // For the dashboard's page of a checkout that was not built.
      'esbuild',
      // The two that ws tries to load and does without.
      ...['bufferutil', 'utf-8-validate'],
    ],
    // For packages in CommonJS that require one of Node's own modules.
    banner: {
      js: "import { createRequire as createBundleRequire } from 'node:module'; const require = createBundleRequire(import.meta.url);",
    },
  });

/** `import()` of a package in CommonJS gives its default alone once it is bundled, and no error before it is used. */
function requireNames({ metafile }) {
  for (const [from, { imports }] of Object.entries(metafile.inputs))
    for (const { kind, path } of imports)
      if (kind === 'dynamic-import' && metafile.inputs[path]?.format === 'cjs')
        throw new Error(
          `${from} imports ${path} as it runs: export its names by a module that is imported so`,
        );
}

async function page() {
  const options = JSON.parse(readFileSync(join(root, 'src/dashboard/client/build.json'), 'utf8'));
  await build({ ...options, absWorkingDir: root, outdir: 'dist/dashboard', logLevel: 'warning' });
}

/**
 * A running isthmus may still import a chunk of the build before: such go only after a day, and are no part of a
 * package meanwhile.
 */
function removeOldChunks(current) {
  const chunks = join(root, 'dist/chunks');
  const former = readdirSync(chunks).filter((name) => !current.has(`dist/chunks/${name}`));
  const isOld = (name) => Date.now() - statSync(join(chunks, name)).mtimeMs > DAY_MS;
  for (const name of former.filter(isOld)) rmSync(join(chunks, name));
  writeFileSync(join(chunks, '.npmignore'), former.map((name) => `/${name}\n`).join(''));
}

const [forOthers, own] = await Promise.all([library(), programs(), page()]);
requireNames(own);
removeOldChunks(new Set([forOthers, own].flatMap(({ metafile }) => Object.keys(metafile.outputs))));
writeFileSync(join(root, 'dist/NOTICES.txt'), noticesOf(root, Object.keys(own.metafile.inputs)));
writeFileSync(join(root, 'dist/.built'), '');
utimesSync(join(root, 'dist/.built'), new Date(), new Date());
