import { availableParallelism } from 'node:os';
import type { Program } from '../programs/programs.ts';
import type { GoWork } from './go-work.ts';
import type { ObtainProgress } from './source.ts';

// Seconds of one core, fitted to the moments at which Go began each package of a whole build on two cores with
// nothing else to do; on other machines only their ratios count. What a package imports costs more than what it
// is, and istiod's generic collections cost most: every use of one is compiled again.
const rates = {
  standardLibrary: { perPackage: 0.085, perMegabyte: 0.6 },
  istio: { perPackage: 0.118, perMegabyte: 24 },
  others: { perPackage: 0.118, perMegabyte: 0.7 },
} as const;
const perMegabyteOfProgram = 0.055;

function secondsOf(path: string, bytes: number): number {
  const isOfGo = !path.split('/')[0]?.includes('.');
  const kind = isOfGo ? 'standardLibrary' : path.startsWith('istio.io/istio/') ? 'istio' : 'others';
  return rates[kind].perPackage + (bytes / 1e6) * rates[kind].perMegabyte;
}

/** So many seconds of guessed work must be done before what was measured weighs more than the guess. */
const trust = 3;

export interface GoPaceOptions {
  /** How many compilers run at once; as many as this machine has cores by default. */
  readonly cores?: number;
  /** Milliseconds since the epoch; a test sets its own. */
  readonly now?: () => number;
}

/** How far a build is and how long it still takes: by what Go has begun, and by the sizes of sources and programs. */
export class GoPace {
  readonly #compiles = new Map<string, number>();
  readonly #links: Map<string, number>;
  readonly #packages: number;
  readonly #cores: number;
  readonly #now: () => number;
  readonly #began: number;
  /** Seconds of guessed work, on all cores, of what was begun or is linked, and of what was not. */
  #begun = 0;
  #left: number;
  /** What was begun last, and may not be finished. */
  #running: number[] = [];
  #message = 'go build';
  #changed: number;

  constructor(work: GoWork, programs: readonly Program[], options: GoPaceOptions = {}) {
    this.#cores = options.cores ?? availableParallelism();
    this.#now = options.now ?? Date.now;
    for (const [path, bytes] of work) this.#compiles.set(path, secondsOf(path, bytes) / this.#cores);
    this.#links = new Map(
      programs.map(({ name, megabytes }) => [name, (megabytes * perMegabyteOfProgram) / this.#cores]),
    );
    this.#packages = this.#compiles.size;
    this.#left = [...this.#compiles.values(), ...this.#links.values()].reduce((sum, one) => sum + one, 0);
    this.#began = this.#now();
    this.#changed = this.#began;
  }

  /** Take a line that `go build -v` prints: the package that it begins with, or something else. */
  says(line: string): void {
    this.#message = line;
    const weight = this.#compiles.get(line);
    if (weight === undefined) return;
    this.#compiles.delete(line);
    this.#running = [...this.#running, weight].slice(-this.#cores);
    this.#take(weight);
  }

  /** A program is linked. */
  linked(name: string): void {
    const weight = this.#links.get(name);
    if (weight === undefined) return;
    this.#links.delete(name);
    this.#take(weight);
  }

  progress(): ObtainProgress {
    const done = this.#packages - this.#compiles.size;
    // Go compiles all that it can before the last links.
    const linking = this.#compiles.size === 0 && this.#links.size > 0;
    const message = linking ? `linking ${[...this.#links.keys()].join(', ')}` : this.#message;
    return { message, done, total: this.#packages, remainingMs: this.#remainingMs() };
  }

  #take(weight: number): void {
    this.#begun += weight;
    this.#left -= weight;
    this.#changed = this.#now();
  }

  #remainingMs(): number {
    const half = this.#running.reduce((sum, one) => sum + one, 0) / 2;
    const unfinished = this.#compiles.size > 0 ? half : 0;
    const spent = (this.#changed - this.#began) / 1000;
    const pace = (trust + spent) / (trust + this.#begun - unfinished);
    const sinceChange = this.#now() - this.#changed;
    return Math.round(Math.max(0, (this.#left + unfinished) * pace * 1000 - sinceChange));
  }
}
