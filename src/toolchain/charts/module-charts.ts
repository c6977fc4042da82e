import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { IsthmusError } from '../../errors/index.ts';
import { run } from '../../process/index.ts';
import { copyFiles, requireVersion } from './chart-files.ts';
import type { ChartSourceOptions } from './chart-source.ts';

/** What `go mod download -json` says, as far as it is read. */
const answerSchema = z.object({ Dir: z.string().optional(), Error: z.string().optional() });

/**
 * Charts out of Istio's module at the commit that its release was tagged at. Go compares the module with its
 * checksum database. DOWNLOAD_FAILED with what Go says, CHECKSUM_MISMATCH, TOOL_MISSING without Go.
 */
export async function chartsOfModule(folder: string, { version, signal }: ChartSourceOptions): Promise<void> {
  const module = await downloaded(`istio.io/istio@${version}`, folder, signal);
  await requireMinor(module, version);
  await copyFiles(join(module, 'manifests'), join(folder, 'manifests'));
  await requireVersion(join(folder, 'manifests'), version);
}

/** Folder of a module in Go's cache. */
async function downloaded(module: string, cwd: string, signal: AbortSignal): Promise<string> {
  // Outside of any module, so that nobody's go.sum is written to.
  const env = { GOFLAGS: '', GOWORK: 'off' };
  const args = ['mod', 'download', '-json', module];
  const { stdout, stderr } = await run('go', args, { cwd, env, signal, allowFailure: true });
  const { Dir, Error: said } = answerSchema.parse(stdout.trim() ? JSON.parse(stdout) : {});
  if (Dir) return Dir;
  const reason = (said ?? stderr).trim().replaceAll(/\s+/g, ' ');
  const wrong = /checksum mismatch|SECURITY ERROR/.test(reason);
  throw new IsthmusError(wrong ? 'CHECKSUM_MISMATCH' : 'DOWNLOAD_FAILED', `go has no ${module}: ${reason}`, {
    hint: 'look at what GOPROXY and GOSUMDB name (go env GOPROXY GOSUMDB)',
  });
}

/** A tag that was moved, or a proxy that answers with something else. */
async function requireMinor(module: string, version: string): Promise<void> {
  const minor = (await readFile(join(module, 'VERSION'), 'utf8')).trim();
  if (version.startsWith(`${minor}.`)) return;
  throw new IsthmusError('CHARTS_UNAVAILABLE', `Go's module of ${version} has the sources of ${minor}`);
}
