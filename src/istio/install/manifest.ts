import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { parseAllDocuments } from 'yaml';
import { IsthmusError } from '../../errors/index.ts';
import { writeWhole } from '../../files/index.ts';
import type { KubeObject } from '../../kubernetes/index.ts';
import { run } from '../../process/index.ts';
import { type Charts, cacheRoot } from '../../toolchain/index.ts';

export interface ManifestOptions {
  /** Absolute path of istioctl, which carries Istio's charts. */
  readonly istioctl: string;
  /** Charts to take instead of those. */
  readonly charts?: Charts | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Where results are kept; the toolchain's cache by default. */
  readonly cache?: string | undefined;
}

/** It computes all the time, so that fifty at once would each take a minute. */
const turns = pLimit(availableParallelism());

/**
 * The objects that Istio's own charts make of an operator document. Kept by input, charts and istioctl, so
 * that a repeat costs a file read. PROCESS_FAILED carries istioctl's complaint.
 */
export async function generateManifest(
  operator: Record<string, unknown>,
  options: ManifestOptions,
): Promise<KubeObject[]> {
  const { istioctl, charts } = options;
  const input = JSON.stringify(operator);
  const key = await manifestKey(istioctl, charts ? `${charts.digest}\n${input}` : input);
  const file = join(options.cache ?? join(cacheRoot(), 'render'), `${key}.json`);
  const kept = await readKept(file);
  if (kept) return kept;
  const others = charts ? ['--manifests', charts.folder] : [];
  const command = ['manifest', 'generate', '-f', '-', ...others];
  const { stdout } = await turns(() =>
    run(istioctl, command, { input, signal: options.signal, timeoutMs: 60_000 }),
  );
  const objects = parseManifest(stdout);
  await keep(file, objects);
  return objects;
}

async function manifestKey(istioctl: string, input: string): Promise<string> {
  const { size, mtimeMs } = await stat(istioctl).catch((cause: unknown) => {
    throw new IsthmusError('TOOL_MISSING', `no istioctl at ${istioctl}`, {
      hint: 'run isthmus toolchain build',
      cause,
    });
  });
  return createHash('sha256').update(`${istioctl}\n${size}\n${mtimeMs}\n${input}`).digest('hex').slice(0, 32);
}

function parseManifest(text: string): KubeObject[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as KubeObject | null)
    .filter((object): object is KubeObject => Boolean(object?.kind));
}

/** A kept file that cannot be read or parsed is made anew. */
async function readKept(file: string): Promise<KubeObject[] | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as KubeObject[];
  } catch {
    return undefined;
  }
}

async function keep(file: string, objects: readonly KubeObject[]): Promise<void> {
  await writeWhole(file, JSON.stringify(objects));
}
