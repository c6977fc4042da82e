import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Figure, Recorder } from '../figures.ts';
import { isthmus, type MeasureOptions, measure } from '../isthmus.ts';
import { requestsOf } from '../metrics.ts';
import { tell } from '../progress.ts';
import { ThinMesh } from '../thin/mesh.ts';

const inside = 'ISTHMUS_BENCH_NAMESPACE';

/**
 * Thin clusters: an API server each with 200 Services and 2,000 endpoints, and nothing that runs in them.
 * In namespaces of its own, which end with it and all its processes.
 */
export async function thin(recorder: Recorder, sizes: readonly number[]): Promise<void> {
  if (process.env[inside]) for (const size of sizes) await ofSize(recorder, size);
  else for (const size of sizes) await inNamespaces(size);
}

async function inNamespaces(size: number): Promise<void> {
  const again = [process.execPath, ...process.execArgv, process.argv[1] ?? '', 'thin', `${size}`];
  const options = ['--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
  await execa('unshare', [...options, ...again], { env: { [inside]: 'yes' }, stdio: 'inherit' });
}

async function ofSize(recorder: Recorder, size: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-thin-'));
  try {
    const { stdout } = await isthmus({ file: 'mesh.yaml', env: {} }, 'toolchain', 'path');
    await using mesh = await ThinMesh.start(size, folder, stdout.trim());
    await measureMesh(mesh, { recorder, size, folder });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Run {
  readonly recorder: Recorder;
  readonly size: number;
  readonly folder: string;
}

async function measureMesh(mesh: ThinMesh, { recorder, size, folder }: Run): Promise<void> {
  const add = (figure: Omit<Figure, 'clusters'>) => recorder.add({ clusters: size, ...figure });
  const run = async (
    what: string,
    args: readonly string[],
    options: MeasureOptions & { reach?: string } = {},
  ) => {
    const { reach, ...how } = options;
    const work = () => measure(mesh.where, args, how);
    const { result, requests } = await requestsOf(mesh.metrics, work);
    add({ what, ...(reach && size === 50 ? { reach } : {}), ...result, requests });
  };
  await mesh.build();
  tell(`measuring ${size} thin clusters …`);
  await run('status', ['status', '-o', 'json'], { reach: '3 s' });
  await run('plan', ['plan', '-o', 'json']);
  // That a result failed is said by what is told of it, not by an exit code.
  const proved = { exitCodes: [0, 1], verify: provesPairs(size) };
  await run('check', ['check', '-o', 'json'], { reach: '30 s', ...proved });
  await run('doctor', ['doctor', '-o', 'json'], proved);
  await run('repeated up --no-check', ['up', '--no-check']);
  await mesh.forgetRemoteSecrets();
  await run('up --no-check, every remote secret anew', ['up', '--no-check']);
  await run('bundle', ['bundle', '-d', join(folder, 'bundle.tar.gz')]);
}

interface Report {
  readonly results: readonly {
    readonly id: string;
    readonly subject?: string;
    readonly outcome: { readonly status: string };
  }[];
}

/** A look that gave up early is fast as well: every pair must have been proved. */
const provesPairs = (size: number) => (stdout: string) => {
  const { results } = JSON.parse(stdout) as Report;
  const failed = results.filter(({ outcome }) => outcome.status === 'fail');
  if (failed.length > 0)
    throw new Error(
      `${failed.length} of ${results.length} results failed:\n${failed.map((one) => JSON.stringify(one)).join('\n')}`,
    );
  const passed = (id: string) =>
    results.filter((one) => one.id === id && one.outcome.status === 'pass').length;
  if (passed('reach') !== size * (size - 1) || passed('traffic') !== size)
    throw new Error(`only ${passed('reach')} pairs and ${passed('traffic')} clusters passed`);
};
