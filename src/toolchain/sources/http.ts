import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { IsthmusError, messageOf } from '../../errors/index.ts';

export interface AskOptions {
  readonly signal: AbortSignal;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Milliseconds until the server must have begun to answer. */
  readonly answerMs?: number | undefined;
}

/** A server that takes a connection and then says nothing for so long is as good as none. */
const usualAnswerMs = 20_000;
/** The same in the middle of a file. */
const stallMs = 30_000;

/** A server's answer, whatever its status. Throws what fetch throws, or an Error if none comes in time. */
export async function ask(url: string, options: AskOptions): Promise<Response> {
  const { signal, headers = {}, answerMs = usualAnswerMs } = options;
  const late = new AbortController();
  const reason = new Error(`no answer within ${answerMs / 1000} s`);
  const timer = setTimeout(() => late.abort(reason), answerMs);
  try {
    return await fetch(url, { headers, signal: AbortSignal.any([signal, late.signal]) });
  } finally {
    clearTimeout(timer);
  }
}

export interface ReceiveOptions {
  readonly signal: AbortSignal;
  /** Sees every chunk, in order. */
  readonly onData?: ((chunk: Uint8Array) => void) | undefined;
}

/** Write an answer's body to a file. Throws an Error if nothing more comes for half a minute. */
export async function receive(response: Response, target: string, options: ReceiveOptions): Promise<void> {
  const { signal, onData } = options;
  if (!response.ok || !response.body) throw new Error(`the server answered ${response.status}`);
  const stalled = new AbortController();
  const reason = new Error(`nothing more came for ${stallMs / 1000} s`);
  const timer = setTimeout(() => stalled.abort(reason), stallMs);
  const watch = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      timer.refresh();
      onData?.(chunk);
      yield chunk;
    }
  };
  try {
    const body = Readable.fromWeb(response.body as never);
    await pipeline(body, watch, createWriteStream(target), {
      signal: AbortSignal.any([signal, stalled.signal]),
    });
  } catch (error) {
    throw stalled.signal.aborted ? reason : error;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * What a failed download of `url` is told as: INTERRUPTED, DOWNLOAD_FAILED, or the error itself where the
 * disk failed and not the network.
 */
export function downloadError(url: string, error: unknown, told: { hint: string; signal: AbortSignal }) {
  const { hint, signal } = told;
  if (signal.aborted) return new IsthmusError('INTERRUPTED', `interrupted while downloading ${url}`);
  if (error instanceof IsthmusError) return error;
  if (error instanceof Error && 'syscall' in error && error.syscall === 'write') return error;
  const reason = error instanceof Error && error.cause ? messageOf(error.cause) : messageOf(error);
  return new IsthmusError('DOWNLOAD_FAILED', `cannot download ${url}: ${reason}`, { hint, cause: error });
}
