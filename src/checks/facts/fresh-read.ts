/**
 * How new an answer must be: `recent` is what anybody read last, so that N who ask one after the other do not read N
 * times. Who finds what it expects by it is done; who does not must ask for what there is `now`.
 */
export type ReadAge = 'recent' | 'now';

/**
 * Reads shared by all who ask. Of those who ask for what there is now nobody is given what is older: who asks while
 * one is under way waits for the next, together with all others who do. So many askers at one time
 * cost two reads, however many they are.
 */
export class FreshRead<T> {
  readonly #read: () => Promise<T>;
  #current: Promise<T> | undefined;
  #latest: Promise<T> | undefined;
  #next: Promise<T> | undefined;

  constructor(read: () => Promise<T>) {
    this.#read = read;
  }

  /** What was read after this call, unless a `recent` answer will do. Throws what the read throws. */
  get(age: ReadAge = 'now'): Promise<T> {
    if (age === 'recent' && this.#latest) return this.#latest;
    if (!this.#current) return this.#begin();
    const begin = () => this.#begin();
    this.#next ??= this.#current.then(begin, begin);
    return this.#next;
  }

  #begin(): Promise<T> {
    const reading = this.#read();
    this.#current = reading;
    this.#latest = reading;
    this.#next = undefined;
    const end = () => {
      if (this.#current === reading) this.#current = undefined;
    };
    reading.then(end, end);
    return reading;
  }
}
