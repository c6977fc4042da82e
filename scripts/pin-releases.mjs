// Writes the publishers' own checksums of the pinned versions into toolchain/releases.json.
// Run it where the publishers are reachable, and read the difference before it is committed.
import { readFileSync, writeFileSync } from 'node:fs';
import { urlOf } from '../src/toolchain/release-source.ts';
import { releaseTable } from '../src/toolchain/releases.ts';

const target = new URL('../toolchain/releases.json', import.meta.url);
const pins = JSON.parse(readFileSync(target, 'utf8'));
for (const [name, release] of Object.entries(releaseTable({}))) {
  const address = urlOf(release);
  for (const suffix of ['.sha256', '.sha256sum']) {
    const response = await fetch(address + suffix).catch(() => undefined);
    const [sum] = response?.ok ? ((await response.text()).match(/\b[0-9a-f]{64}\b/) ?? []) : [];
    if (sum) pins[name] = { ...pins[name], [process.arch]: sum };
  }
  process.stdout.write(`${name}: ${pins[name]?.[process.arch] ?? 'no checksum published beside it'}\n`);
}
writeFileSync(target, `${JSON.stringify(pins, undefined, 2)}\n`);
