/** As many as take a good half second of today's processors. */
const many = 500_000;

/**
 * Seconds that this machine takes to sort the same half million numbers. A machine that is shared is not
 * as fast every day: by this figure recordings of different days can be compared.
 */
export function speedOfMachine(): number {
  const numbers = new Array<number>(many);
  let next = 1;
  for (let at = 0; at < many; at += 1) {
    // Numerical Recipes' generator: without order, and the same each time.
    next = (Math.imul(next, 1_664_525) + 1_013_904_223) >>> 0;
    numbers[at] = next;
  }
  const began = performance.now();
  numbers.sort((a, b) => a - b);
  return Number(((performance.now() - began) / 1000).toFixed(2));
}
