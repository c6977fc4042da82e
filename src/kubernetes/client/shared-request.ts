import type { CallOptions } from '../types.ts';
import { onAbort } from './on-abort.ts';

/** What those who leave a request before its answer are told. */
interface Farewell {
  readonly interrupted: () => Error;
  /** Of those whose own time, in milliseconds, is over. */
  readonly late: (timeoutMs: number) => Error;
}

export interface SharedRequestOptions<T> extends Farewell {
  /** Ask. The signal fires when nobody waits for the answer any more. */
  readonly ask: (signal: AbortSignal) => Promise<T>;
}

interface UnderWay<T> {
  readonly answer: Promise<T>;
  readonly end: AbortController;
  waiting: number;
  over: boolean;
}

/**
 * One request that several wait for, each in its own time. Who leaves ends it for nobody else; with the
 * last that leaves it is ended, and whoever comes after its end asks anew.
 */
export class SharedRequest<T> {
  readonly #options: SharedRequestOptions<T>;
  #underWay: UnderWay<T> | undefined;

  constructor(options: SharedRequestOptions<T>) {
    this.#options = options;
  }

  /** The answer to the request that is under way, or to one that is begun. Throws what `ask` or leaving throws. */
  async answer(within: CallOptions): Promise<T> {
    if (within.signal?.aborted) throw this.#options.interrupted();
    const underWay = this.#underWay ?? this.#begin();
    underWay.waiting += 1;
    try {
      return await this.#orLeave(underWay.answer, within);
    } finally {
      underWay.waiting -= 1;
      if (underWay.waiting === 0) this.#end(underWay);
    }
  }

  #begin(): UnderWay<T> {
    const end = new AbortController();
    const underWay: UnderWay<T> = { answer: this.#options.ask(end.signal), end, waiting: 0, over: false };
    this.#underWay = underWay;
    // Whoever waits hears of a failure; one that nobody waits for any more is of no interest.
    const over = () => {
      underWay.over = true;
      this.#forget(underWay);
    };
    underWay.answer.then(over, over);
    return underWay;
  }

  #end(underWay: UnderWay<T>): void {
    this.#forget(underWay);
    // An abort makes an exception with a stack, which is not worth it where nothing is left to end.
    if (!underWay.over) underWay.end.abort();
  }

  #forget(underWay: UnderWay<T>): void {
    if (this.#underWay === underWay) this.#underWay = undefined;
  }

  async #orLeave(answer: Promise<T>, within: CallOptions): Promise<T> {
    const { interrupted, late } = this.#options;
    let release = () => {};
    let timer: NodeJS.Timeout | undefined;
    const leaving = new Promise<never>((_, reject) => {
      release = onAbort(within.signal, () => reject(interrupted()));
      const { timeoutMs } = within;
      if (timeoutMs !== undefined) timer = setTimeout(() => reject(late(timeoutMs)), timeoutMs);
    });
    try {
      return await Promise.race([answer, leaving]);
    } finally {
      clearTimeout(timer);
      release();
    }
  }
}
