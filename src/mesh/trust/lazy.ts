/** Work that is begun when it is first asked for, and done once. */
export function lazy<T>(work: () => Promise<T>): () => Promise<T> {
  let known: Promise<T> | undefined;
  return () => {
    known ??= work();
    return known;
  };
}
