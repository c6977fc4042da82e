import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { tell } from './progress.ts';
import { speedOfMachine } from './speed.ts';

/** One thing that was measured. What a part does not measure is left out. */
export interface Figure {
  readonly what: string;
  /** Clusters of the mesh. */
  readonly clusters: number;
  /** What it is meant to be at most, in words. */
  readonly reach?: string;
  readonly seconds?: number;
  /** CPU seconds of isthmus and of the programs that it ran. */
  readonly cpu?: number;
  /** MiB of isthmus at its peak. */
  readonly peakMiB?: number;
  /** Requests to each API server, on average. */
  readonly requests?: number;
  /** Anything else, in words. */
  readonly said?: string;
  /** YYYY-MM-DD; left out if it is that of its recording. */
  readonly date?: string | undefined;
}

/** Of one istiod at the end of a mesh's measurements: CPU seconds since it started, and what it holds. */
export const istiodFigure = 'istiod, since its start';

/** What one part of the bench wrote down. */
export interface Recording {
  readonly part: string;
  /** YYYY-MM-DD. */
  readonly date: string;
  readonly machine: string;
  /** Load averages of one minute when it began and when it ended; 0 means a machine with nothing else to do. */
  readonly load: readonly [number, number];
  /** By {@link speedOfMachine}, when it began; recordings of before it was asked have none. */
  readonly speed?: number;
  readonly figures: readonly Figure[];
}

export const partNames = ['single', 'alike', 'clusters', 'thin', 'propagation', 'cold'] as const;
export type PartName = (typeof partNames)[number];

const fileOf = (part: PartName): URL => new URL(`recorded/${part}.json`, import.meta.url);

/** What a part recorded last; undefined if it never ran. */
export function recorded(part: PartName): Recording | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(part), 'utf8')) as Recording;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Collects the figures of a part, telling each on standard error and writing it down as it comes. */
export class Recorder {
  readonly #figures: Figure[] = [];
  readonly #part: PartName;
  readonly #load = load();
  readonly #speed = speedOfMachine();

  constructor(part: PartName) {
    this.#part = part;
  }

  add(figure: Figure): void {
    this.#figures.push(figure);
    tell(`${figure.what}, ${figure.clusters} clusters: ${measured(figure)}`);
    // Whatever ends the bench, what was measured before is kept.
    this.#write();
  }

  /** In place of the part's former figures of the same numbers of clusters. */
  #write(): void {
    const sizes = new Set(this.#figures.map(({ clusters }) => clusters));
    const former = recorded(this.#part);
    const kept = (former?.figures ?? [])
      .filter(({ clusters }) => !sizes.has(clusters))
      .map((figure) => ({ date: former?.date, ...figure }));
    const recording: Recording = {
      part: this.#part,
      date: new Date().toISOString().slice(0, 10),
      machine: `${cpus().length} cores (${cpus()[0]?.model.trim()}), ${Math.round(totalmem() / 1024 ** 3)} GiB, Node.js ${process.version}`,
      load: [this.#load, load()],
      speed: this.#speed,
      figures: [...kept, ...this.#figures],
    };
    writeFileSync(fileOf(this.#part), `${JSON.stringify(recording, null, 2)}\n`);
  }
}

const load = (): number => Number((loadavg()[0] ?? 0).toFixed(1));

/** A figure in words: `1.24 s, 1.80 s of CPU, 96 MiB, 14 requests to each cluster`. */
export function measured({ seconds, cpu, peakMiB, requests, said }: Figure): string {
  return [
    seconds === undefined ? undefined : `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`,
    cpu === undefined ? undefined : `${cpu.toFixed(cpu < 10 ? 2 : 1)} s of CPU`,
    peakMiB === undefined ? undefined : `${peakMiB.toFixed(0)} MiB`,
    requests === undefined ? undefined : `${requests.toFixed(0)} requests to each cluster`,
    said,
  ]
    .filter((one) => one !== undefined)
    .join(', ');
}
