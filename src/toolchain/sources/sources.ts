import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { IsthmusError } from '../../errors/index.ts';
import { goFolder } from '../cache/folders.ts';
import { goSource } from './go-source.ts';
import { releaseSource } from './release-source.ts';
import { type Pins, releaseTable } from './releases.ts';
import type { Source } from './source.ts';
import { wheelSource } from './wheel-source.ts';

/** The sources with the release checksums that this package pins. */
export function defaultSources(): readonly Source[] {
  return sourcesWith(JSON.parse(readFileSync(join(goFolder(), 'releases.json'), 'utf8')) as Pins);
}

/** Preferred first; {@link goWanted} leaves the official releases out. */
export function sourcesWith(pins: Pins): readonly Source[] {
  const releases = goWanted() ? [] : [releaseSource(releaseTable(pins))];
  return [...releases, wheelSource, goSource];
}

/** Is everything to be built (ISTHMUS_TOOLCHAIN_SOURCE=go)? FLAGS_INVALID for another value. */
export function goWanted(): boolean {
  const wish = process.env['ISTHMUS_TOOLCHAIN_SOURCE'];
  if (wish && wish !== 'go')
    throw new IsthmusError('FLAGS_INVALID', `ISTHMUS_TOOLCHAIN_SOURCE=${wish} is not a source`, {
      hint: 'set it to go to build everything, or unset it to use releases and images where they can be had',
    });
  return wish === 'go';
}
