// Writes the publishers' own checksums of the pinned versions into toolchain/releases.json.
// Run it where the publishers are reachable, and read the difference before it is committed.
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { urlOf } from '../src/toolchain/sources/release-source.ts';
import { type Pins, type Release, releaseArch, releaseTable } from '../src/toolchain/sources/releases.ts';

/** What the publisher says that the file's SHA-256 is: beside it, or in its folder's list. */
export async function publishedChecksum(release: Release): Promise<string | undefined> {
  const address = urlOf(release);
  for (const suffix of ['.sha256', '.sha256sum']) {
    const [sum] = /\b[0-9a-f]{64}\b/.exec((await textOf(address + suffix)) ?? '') ?? [];
    if (sum) return sum;
  }
  const list = (await textOf(`${dirname(address)}/SHA256SUMS`)) ?? '';
  const line = list.split('\n').find((one) => one.trim().split(/\s+\*?/)[1] === basename(address));
  return line?.trim().slice(0, 64);
}

/** `pins` with what the publishers say for every platform; a platform they say nothing of keeps its pin. */
export async function currentPins(pins: Pins, say: (line: string) => void): Promise<Pins> {
  const next: Record<string, Record<string, string>> = {};
  for (const arch of Object.keys(releaseArch))
    for (const [name, release] of Object.entries(releaseTable(pins, arch))) {
      const sum = await publishedChecksum(release);
      const pin = sum ?? release.sha256[arch];
      if (pin) next[name] = { ...next[name], [arch]: pin };
      say(`${name} for ${arch}: ${sum ?? 'no published checksum found'}`);
    }
  return next;
}

async function textOf(address: string): Promise<string | undefined> {
  const response = await fetch(address);
  return response.ok ? response.text() : undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const target = new URL('../toolchain/releases.json', import.meta.url);
  const pins = JSON.parse(readFileSync(target, 'utf8')) as Pins;
  const next = await currentPins(pins, (line) => process.stdout.write(`${line}\n`));
  writeFileSync(target, `${JSON.stringify(next, undefined, 2)}\n`);
}
