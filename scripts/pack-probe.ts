// Builds the request probe for the architectures that nodes have and packs it into dist/probe, unless it is there.
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isPacked, packedFolder, packProbes } from '../src/toolchain/probe/packed-probe.ts';
import { buildProbe } from '../src/toolchain/probe/probe-source.ts';

const architectures = ['amd64', 'arm64'];

async function built(folder: string, architecture: string): Promise<[string, Buffer]> {
  const target = join(folder, architecture);
  await buildProbe({ target, architecture, signal: new AbortController().signal });
  return [architecture, await readFile(target)];
}

if (!(await isPacked(architectures))) {
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-probe-'));
  try {
    const programs = new Map<string, Buffer>();
    for (const architecture of architectures) programs.set(...(await built(folder, architecture)));
    // Readable by whoever runs an installed package.
    await mkdir(packedFolder(), { recursive: true, mode: 0o755 });
    for (const [architecture, bytes] of await packProbes(programs))
      process.stderr.write(`request probe for ${architecture}: ${(bytes / 1e6).toFixed(1)} MB packed\n`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
