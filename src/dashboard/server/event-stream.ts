import type { IncomingMessage, ServerResponse } from 'node:http';
import { markOf, versionSince } from '../state/state.ts';
import { safeHeaders } from './answer.ts';
import type { Serving } from './serving.ts';

/** Changes are gathered so long before they are sent. */
const gatherMs = 250;

/**
 * Send every change as a server-sent event. Each has the state's mark as its id: whoever comes back with it
 * in Last-Event-ID, or begins with it in `since`, gets all that changed meanwhile and nothing twice.
 */
export function streamEvents(
  request: IncomingMessage,
  response: ServerResponse,
  { store, heartbeatMs }: Serving,
): void {
  const given = request.headers['last-event-id'];
  const asked = new URL(request.url ?? '/', 'http://dashboard').searchParams.get('since');
  let seen = versionSince(typeof given === 'string' ? given : (asked ?? undefined), store.epoch);
  let timer: NodeJS.Timeout | undefined;
  response.writeHead(200, { ...safeHeaders, 'content-type': 'text/event-stream' });
  const flush = () => {
    timer = undefined;
    // A reader that does not keep up gets one large event later instead of many that wait in memory.
    if (response.writableNeedDrain) return void response.once('drain', flush);
    if (store.version === seen) return;
    const state = store.since(seen);
    seen = state.version;
    response.write(`id: ${markOf(state)}\nevent: state\ndata: ${JSON.stringify(state)}\n\n`);
  };
  const stop = store.subscribe(() => {
    timer ??= setTimeout(flush, gatherMs);
  });
  // An event and no comment, which a browser keeps from the page.
  const heartbeat = setInterval(() => response.write('event: heartbeat\ndata: {}\n\n'), heartbeatMs);
  request.socket.setKeepAlive(true);
  response.write(`retry: 1000\n\n`);
  response.once('close', () => {
    stop();
    clearTimeout(timer);
    clearInterval(heartbeat);
  });
  flush();
}
