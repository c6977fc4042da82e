import type { SpanHandle } from '../../report/index.ts';
import type { ObtainProgress } from '../sources/source.ts';
import type { Program } from './programs.ts';

/** How many seconds of guessed work must be done before what was measured weighs more than the guess. */
const trust = 20;

/** Tells a span how much of a list of weighted pieces is left, guessed from how long the ones before took. */
export class EtaEstimator {
  #left: number;
  #spentMs = 0;
  #spentWeight = 0;
  #done = 0;
  readonly #total: number;
  readonly #span: SpanHandle;

  /** Weights are seconds for as long as there is nothing better to go by. */
  constructor(span: SpanHandle, weights: readonly number[]) {
    this.#span = span;
    this.#total = weights.length;
    this.#left = weights.reduce((sum, weight) => sum + weight, 0);
  }

  /**
   * Make programs, saying at the start and every second after how long the whole still takes. What the work
   * says of itself goes before what their weights tell.
   */
  async during<T>(
    programs: readonly Pick<Program, 'weight'>[],
    work: (onProgress: (progress: ObtainProgress) => void) => Promise<T>,
  ): Promise<T> {
    const weight = programs.reduce((sum, one) => sum + one.weight, 0);
    const started = Date.now();
    let inner: Partial<ObtainProgress> = {};
    const tell = () => {
      const elapsed = Date.now() - started;
      const remainingMs = this.#remainingMs(weight, elapsed, inner.remainingMs);
      this.#span.progress({ done: this.#done, total: this.#total, ...inner, remainingMs });
    };
    tell();
    const timer = setInterval(tell, 1000);
    try {
      const made = await work((progress) => {
        inner = progress;
      });
      // Only now: what a source could not give is left for the next one.
      this.#left -= weight;
      this.#done += programs.length;
      this.#spentWeight += weight;
      this.#spentMs += Date.now() - started;
      return made;
    } finally {
      clearInterval(timer);
    }
  }

  #remainingMs(current: number, elapsed: number, known: number | undefined): number {
    let weight = trust + this.#spentWeight;
    let ms = trust * 1000 + this.#spentMs;
    const late = elapsed > (current * ms) / weight;
    // A long piece that takes longer than guessed says that the others will too; a short one says little.
    if (late) [weight, ms] = [weight + current, ms + elapsed];
    const perWeight = ms / weight;
    const here = known ?? Math.max(0, current * perWeight - elapsed);
    return Math.round(here + (this.#left - current) * perWeight);
  }
}
