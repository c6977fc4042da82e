// `npm run bench`: times and memory on this machine, as a table; asserts nothing.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { seedOrder } from './seed-order.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = await mkdtemp(join(tmpdir(), 'isthmus-bench-'));
const env = { XDG_DATA_HOME: join(folder, 'data'), KUBECONFIG: join(folder, 'kubeconfig') };
const rows: { what: string; reach: string; measured: string }[] = [];

const isthmus = (...args: string[]) => execa('./isthmus', args, { cwd: root, env, stdin: 'ignore' });

/** Seconds that `work` takes, its result aside. */
async function timed(work: () => PromiseLike<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

/** MiB that the kernel could still give out. */
async function available(): Promise<number> {
  const [, kib] = /MemAvailable:\s+(\d+)/.exec(await readFile('/proc/meminfo', 'utf8')) ?? [];
  return Number(kib) / 1024;
}

function row(what: string, reach: string, measured: string): void {
  rows.push({ what, reach, measured });
  process.stderr.write(`${what}: ${measured}\n`);
}

function meshOf(clusters: number): string {
  const entries = Array.from(
    { length: clusters },
    (_, at) => `    - {name: c-${at + 1}, provider: local, network: n${at + 1}, cidr: 10.${at + 1}.0.0/16}`,
  );
  return `apiVersion: isthmus/v1alpha1\nkind: Mesh\nmetadata: {name: bench}\nspec:\n  clusters:\n${entries.join('\n')}\n`;
}

async function meshOfLocalClusters(count: number): Promise<void> {
  const file = join(folder, `mesh-${count}.yaml`);
  await writeFile(file, meshOf(count));
  const reach = (text: string) => (count === 2 ? text : '');
  const before = await available();
  row(
    `up, ${count} clusters, toolchain cached`,
    reach('≤ 30 s'),
    `${(await timed(() => isthmus('-f', file, 'up'))).toFixed(1)} s`,
  );
  row(
    `memory of ${count} clusters`,
    reach('≤ 2 GB'),
    `${((before - (await available())) / 1024).toFixed(2)} GiB`,
  );
  row(
    `repeated up, ${count} clusters`,
    reach('≤ 3 s'),
    `${(await timed(() => isthmus('-f', file, 'up', '--no-check'))).toFixed(1)} s`,
  );
  row(
    `repeated up with checks, ${count} clusters`,
    '',
    `${(await timed(() => isthmus('-f', file, 'up'))).toFixed(1)} s`,
  );
  if (count === 2)
    row('the seed’s order of steps, same two clusters', '', await seedOrder({ isthmus, file, folder, env }));
  row(
    `down, ${count} clusters`,
    reach('≤ 5 s'),
    `${(await timed(() => isthmus('-f', file, 'down'))).toFixed(1)} s`,
  );
}

async function planOfHundred(): Promise<void> {
  const file = join(folder, 'mesh-100.yaml');
  await writeFile(file, meshOf(100));
  row('plan of 100 clusters', '≤ 1 s', `${(await timed(() => isthmus('-f', file, 'plan'))).toFixed(2)} s`);
}

async function version(): Promise<void> {
  const runs: number[] = [];
  for (let run = 0; run < 7; run += 1) runs.push(await timed(() => isthmus('--version')));
  runs.sort((a, b) => a - b);
  row('--version, median of 7', '≤ 200 ms', `${Math.round((runs[3] ?? 0) * 1000)} ms`);
}

async function coldToolchain(): Promise<void> {
  const cold = { XDG_CACHE_HOME: join(folder, 'cache'), GOCACHE: join(folder, 'go-cache') };
  const seconds = await timed(() =>
    execa('./isthmus', ['toolchain', 'build'], { cwd: root, env: { ...env, ...cold }, stdin: 'ignore' }),
  );
  row('toolchain cold', '≤ 7 min', `${(seconds / 60).toFixed(1)} min`);
}

try {
  await version();
  await planOfHundred();
  for (const count of [2, 3, 4]) await meshOfLocalClusters(count);
  if (process.argv.includes('--cold')) await coldToolchain();
} finally {
  await isthmus('-f', join(folder, 'mesh-2.yaml'), 'down');
  await rm(folder, { recursive: true, force: true });
}
process.stdout.write('| what | reach | measured |\n| --- | --- | --- |\n');
for (const { what, reach, measured } of rows) process.stdout.write(`| ${what} | ${reach} | ${measured} |\n`);
