/**
 * Reads shared by all who ask, without giving anybody what is older than the question: who asks while
 * one is under way waits for the next, together with all others who do. So many askers at one time
 * cost two reads, however many they are.
 */
export class FreshRead<T> {
  readonly #read: () => Promise<T>;
  #current: Promise<T> | undefined;
  #next: Promise<T> | undefined;

  constructor(read: () => Promise<T>) {
    this.#read = read;
  }

  /** What was read after this call. Throws what the read throws. */
  get(): Promise<T> {
    if (!this.#current) return this.#begin();
    const begin = () => this.#begin();
    this.#next ??= this.#current.then(begin, begin);
    return this.#next;
  }

  #begin(): Promise<T> {
    const reading = this.#read();
    this.#current = reading;
    this.#next = undefined;
    const end = () => {
      if (this.#current === reading) this.#current = undefined;
    };
    reading.then(end, end);
    return reading;
  }
}
