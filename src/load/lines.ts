/** Cuts a stream of chunks into whole lines; what a chunk leaves open waits for the next one. */
export function lineSplitter(onLine: (line: string) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const all = Buffer.concat([rest, chunk]);
    const end = all.lastIndexOf(0x0a);
    rest = all.subarray(end + 1);
    if (end < 0) return;
    for (const line of all.subarray(0, end).toString('utf8').split('\n')) if (line) onLine(line);
  };
}
