import type { Reporter } from '../../report/index.ts';

/** Each event as one JSON document on its own line. */
export function jsonLinesReporter(
  stream: Pick<NodeJS.WritableStream, 'write'>,
): Reporter & { close(): void } {
  return {
    emit: (event) => void stream.write(`${JSON.stringify(event)}\n`),
    close() {},
  };
}
