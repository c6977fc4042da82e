import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { goFolder } from '../cache/folders.ts';
import { buildGo } from '../sources/go-source.ts';

/** A module of its own, so that what it needs decides nothing about the pinned programs. */
const folder = () => join(goFolder(), 'probe');

/** Name of this version of the request probe's source. */
export function probeKey(): string {
  const inputs = readdirSync(folder()).filter((name) => /\.(go|mod|sum)$/.test(name));
  const hash = createHash('sha256');
  for (const name of inputs.sort())
    hash
      .update(name)
      .update('\0')
      .update(readFileSync(join(folder(), name)))
      .update('\0');
  return hash.digest('hex').slice(0, 16);
}

export interface ProbeBuild {
  readonly target: string;
  /** Go's name of the architecture. */
  readonly architecture: string;
  readonly signal: AbortSignal;
}

/** Build the request probe from toolchain/probe. Throws TOOL_MISSING, DOWNLOAD_FAILED, BUILD_FAILED or DISK_FULL. */
export function buildProbe(options: ProbeBuild): Promise<void> {
  return buildGo({ ...options, what: 'the request probe', cwd: folder() });
}
