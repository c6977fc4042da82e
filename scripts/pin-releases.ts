// Writes the publishers' own checksums of the pinned versions into toolchain/releases.json.
// Run it where the publishers are reachable, and read the difference before it is committed.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { publishedChecksum } from '../src/toolchain/sources/published-checksum.ts';
import { urlOf } from '../src/toolchain/sources/release-source.ts';
import { type Pins, releaseArch, releaseTable } from '../src/toolchain/sources/releases.ts';

/** `pins` with what the publishers say for every platform; a platform they say nothing of keeps its pin. */
export async function currentPins(pins: Pins, say: (line: string) => void): Promise<Pins> {
  const next: Record<string, Record<string, string>> = {};
  for (const arch of Object.keys(releaseArch))
    for (const [name, release] of Object.entries(releaseTable(pins, arch))) {
      const sum = await publishedChecksum(urlOf(release), { signal: AbortSignal.timeout(60_000) });
      const pin = sum ?? release.sha256[arch];
      if (pin) next[name] = { ...next[name], [arch]: pin };
      say(`${name} for ${arch}: ${sum ?? 'no published checksum found'}`);
    }
  return next;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const target = new URL('../toolchain/releases.json', import.meta.url);
  const pins = JSON.parse(readFileSync(target, 'utf8')) as Pins;
  const next = await currentPins(pins, (line) => process.stdout.write(`${line}\n`));
  writeFileSync(target, `${JSON.stringify(next, undefined, 2)}\n`);
}
