import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { publish } from '../../files/index.ts';
import { type Reporter, span } from '../../report/index.ts';
import { withCacheLock } from '../cache/cache-lock.ts';
import { cacheRoot, goFolder } from '../cache/folders.ts';
import { buildGo } from '../sources/go-source.ts';

export interface ProbeOptions {
  /** Go's name of the architecture of the node that runs it, as nodes state it: `amd64`, `arm64`. */
  readonly architecture: string;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

/** A module of its own, so that what it needs decides nothing about the pinned programs. */
const folder = () => join(goFolder(), 'probe');

const inputs = ['go.mod', 'go.sum', 'main.go', 'handshake.go'];

/**
 * Path of the request probe for one architecture: a static program, built once from toolchain/probe and
 * cached by its source. Throws TOOL_MISSING, DOWNLOAD_FAILED, BUILD_FAILED or DISK_FULL.
 */
export async function ensureProbe(options: ProbeOptions): Promise<string> {
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
  const draft = `${path}.draft`;
  await mkdir(join(path, '..'), { recursive: true });
  try {
    await buildGo({ what: 'the request probe', cwd: folder(), target: draft, architecture, signal });
    await publish(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}

function probeKey(): string {
  const hash = createHash('sha256');
  for (const file of inputs) hash.update(readFileSync(join(folder(), file))).update('\0');
  return hash.digest('hex').slice(0, 16);
}
