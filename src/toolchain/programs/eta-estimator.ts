import type { SpanHandle } from '../../report/index.ts';

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

  /** Do one piece, saying at its start and every second after how long the whole still takes. */
  async during<T>(weight: number, work: () => Promise<T>): Promise<T> {
    const started = Date.now();
    const tell = () => {
      const remainingMs = this.#remainingMs(weight, Date.now() - started);
      this.#span.progress({ done: this.#done, total: this.#total, remainingMs });
    };
    tell();
    const timer = setInterval(tell, 1000);
    try {
      return await work();
    } finally {
      clearInterval(timer);
      this.#left -= weight;
      this.#done += 1;
      this.#spentWeight += weight;
      this.#spentMs += Date.now() - started;
    }
  }

  #remainingMs(current: number, elapsed: number): number {
    let weight = trust + this.#spentWeight;
    let ms = trust * 1000 + this.#spentMs;
    const late = elapsed > (current * ms) / weight;
    // A long piece that takes longer than guessed says that the others will too; a short one says little.
    if (late) [weight, ms] = [weight + current, ms + elapsed];
    const perWeight = ms / weight;
    return Math.round(Math.max(0, current * perWeight - elapsed) + (this.#left - current) * perWeight);
  }
}
