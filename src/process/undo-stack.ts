/**
 * What to undo if the work that follows fails. Undo runs backwards, each step with the same fresh
 * signal, and goes on after a failing step; the failures come back, they are never swallowed.
 */
export class UndoStack {
  readonly #steps: { title: string; undo: (signal: AbortSignal) => Promise<void> }[] = [];

  push(title: string, undo: (signal: AbortSignal) => Promise<void>): void {
    this.#steps.push({ title, undo });
  }

  /** The work succeeded: nothing is to be undone. */
  clear(): void {
    this.#steps.length = 0;
  }

  async run(signal: AbortSignal = AbortSignal.timeout(60_000)): Promise<{ title: string; error: unknown }[]> {
    const failures: { title: string; error: unknown }[] = [];
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        await step.undo(signal);
      } catch (error) {
        failures.push({ title: step.title, error });
      }
    }
    return failures;
  }
}
