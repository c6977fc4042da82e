import type { Topology } from '../topology/index.ts';
import type { ManifestNote } from './collection.ts';
import { bundleLimitTexts } from './limits.ts';
import type { ListedFile } from './parts.ts';

export interface Contents {
  readonly topology: Topology;
  /** Names are paths in the archive. */
  readonly files: readonly ListedFile[];
  readonly shortened: readonly ManifestNote[];
  /** Looked for, and there is none. */
  readonly empty: readonly string[];
  readonly missing: readonly ManifestNote[];
  readonly made: { readonly at: Date; readonly tookMs: number; readonly version: string | undefined };
}

/** The page of a bundle to begin with: what is in it, what was cut, what is not there and what could not be had. */
export function manifestOf({ topology, files, shortened, empty, missing, made }: Contents): string {
  const { at, tookMs, version = 'of unknown version' } = made;
  const clusters = topology.clusters.map(
    ({ name, network, provider }) => `${name} (${provider}, ${network})`,
  );
  const sized = [...files].sort((a, b) => a.name.localeCompare(b.name)).map(line);
  const remarks = (all: readonly ManifestNote[]) =>
    all.map(({ name, text }) => `  ${name}: ${oneLine(text)}`);
  return [
    `bundle of mesh ${topology.name}, by isthmus ${version}, node ${process.version}, ${process.platform} ${process.arch}`,
    `${at.toISOString()}, collected in ${(tookMs / 1000).toFixed(1)} s`,
    `clusters: ${clusters.join(', ')}`,
    'keys, tokens and passwords are removed; of Secrets only facts are taken',
    section(
      'Limits for each cluster',
      [...bundleLimitTexts].map((text) => `  ${text}`),
    ),
    section('Files (bytes, name, what it is)', sized),
    section('Shortened', remarks(shortened)),
    section(
      'Looked for, and there is none',
      [...empty].sort().map((name) => `  ${name}`),
    ),
    section('Not collected', remarks(missing)),
    '',
  ].join('\n');
}

const section = (title: string, lines: readonly string[]) =>
  `\n${title}\n${lines.length > 0 ? lines.join('\n') : '  nothing'}`;

const line = ({ name, about, bytes }: ListedFile) => `  ${String(bytes).padStart(9)}  ${name}  ${about}`;

const oneLine = (text: string) => text.replaceAll(/\s*\n\s*/g, ' ').trim();
