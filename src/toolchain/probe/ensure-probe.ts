import { existsSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { publish } from '../../files/index.ts';
import { type Reporter, span } from '../../report/index.ts';
import { withCacheLock } from '../cache/cache-lock.ts';
import { cacheRoot } from '../cache/folders.ts';
import { packedProbe } from './packed-probe.ts';
import { buildProbe, probeKey } from './probe-source.ts';

export interface ProbeOptions {
  /** Go's name of the architecture of the node that runs it, as nodes state it: `amd64`, `arm64`. */
  readonly architecture: string;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/**
 * The request probe for one architecture, a static program: the one that this package carries, or else,
 * in a checkout and for other architectures, built once from toolchain/probe and cached by its source.
 * Throws CHECKSUM_MISMATCH, TOOL_MISSING, DOWNLOAD_FAILED, BUILD_FAILED or DISK_FULL.
 */
export async function ensureProbe(options: ProbeOptions): Promise<Buffer> {
  return (await packedProbe(options.architecture)) ?? readFile(await builtProbe(options));
}

async function builtProbe(options: ProbeOptions): Promise<string> {
  const { architecture, reporter, signal } = options;
  const cache = join(cacheRoot(), 'probe', probeKey());
  const path = join(cache, `probe-${architecture}`);
  if (existsSync(path)) return path;
  await withCacheLock(cache, { reporter, signal }, async () => {
    if (existsSync(path)) return;
    await span(reporter, { title: `request probe for ${architecture}` }, () => build(path, options));
  });
  return path;
}

/** Half-built never counts: a draft gets its name when it is whole. */
async function build(path: string, { architecture, signal }: ProbeOptions): Promise<void> {
  const target = `${path}.draft`;
  await mkdir(join(path, '..'), { recursive: true });
  try {
    await buildProbe({ target, architecture, signal });
    await publish(target, path);
  } finally {
    await rm(target, { force: true });
  }
}
