import type { IncomingMessage, ServerResponse } from 'node:http';
import { send, sendJson } from './answer.ts';
import { readJson } from './body.ts';
import { streamEvents } from './event-stream.ts';
import { cookieName, equal, isSignedIn, mayChange } from './guard.ts';
import type { DrillRequest, Serving } from './serving.ts';

type Handler = (request: IncomingMessage, response: ServerResponse, serving: Serving) => void | Promise<void>;

/** The page itself holds nothing of the mesh, so that it may be had before anybody has signed in. */
const open: Readonly<Record<string, Handler>> = {
  'GET /': (request, response, { assets }) =>
    send(request, response, { type: 'text/html; charset=utf-8', body: assets.html }),
  'GET /page.js': (request, response, { assets }) =>
    send(request, response, { type: 'text/javascript; charset=utf-8', body: assets.script }),
  'GET /page.css': (request, response, { assets }) =>
    send(request, response, { type: 'text/css; charset=utf-8', body: assets.style }),
  'POST /session': signIn,
};

const closed: Readonly<Record<string, Handler>> = {
  'GET /session': (request, response, serving) => sendJson(request, response, { value: sessionOf(serving) }),
  'GET /state': (request, response, { store }) => sendJson(request, response, { value: store.since(0) }),
  'GET /events': streamEvents,
  'GET /endpoints': endpoints,
  'POST /drills': startDrill,
};

/** Answer a request whose Host and Origin are the page's own. */
export async function answerRequest(
  request: IncomingMessage,
  response: ServerResponse,
  serving: Serving,
): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://dashboard');
  const route = `${request.method === 'HEAD' ? 'GET' : request.method} ${pathname}`;
  const anybody = open[route];
  if (anybody) return anybody(request, response, serving);
  if (!isSignedIn(request, serving.guard))
    return sendJson(request, response, {
      status: 403,
      value: { error: 'open the address that has the token' },
    });
  const handler = closed[route];
  if (handler) return handler(request, response, serving);
  sendJson(request, response, { status: 404, value: { error: 'there is no such page' } });
}

/** What the page has to know of its session: what changes must bring along, and how often the line says that it is there. */
const sessionOf = ({ guard: { csrf }, heartbeatMs }: Serving) => ({ csrf, heartbeatMs });

/** Changes the token for a cookie that scripts cannot read and that no other site's request carries. */
async function signIn(request: IncomingMessage, response: ServerResponse, serving: Serving): Promise<void> {
  const { guard } = serving;
  const given = (await readJson(request)) as { token?: unknown } | undefined;
  const { port, session } = guard;
  if (typeof given?.token !== 'string' || !equal(given.token, guard.token))
    return sendJson(request, response, { status: 403, value: { error: 'the token is not the dashboard’s' } });
  const cookie = `${cookieName(port)}=${session}; Path=/; HttpOnly; SameSite=Strict`;
  sendJson(request, response, { value: sessionOf(serving), headers: { 'set-cookie': cookie } });
}

function endpoints(request: IncomingMessage, response: ServerResponse, { endpointsOf }: Serving): void {
  const { searchParams } = new URL(request.url ?? '/', 'http://dashboard');
  const rows = endpointsOf(searchParams.get('cluster') ?? '', searchParams.get('service') ?? '');
  const unknown = { status: 404, value: { error: 'nothing is known of it' } };
  sendJson(request, response, rows ? { value: rows } : unknown);
}

async function startDrill(
  request: IncomingMessage,
  response: ServerResponse,
  serving: Serving,
): Promise<void> {
  if (!serving.startDrill)
    return sendJson(request, response, {
      status: 403,
      value: { error: 'this page only shows; isthmus dashboard --allow-drills lets it run drills' },
    });
  if (!mayChange(request, serving.guard))
    return sendJson(request, response, { status: 403, value: { error: 'the page’s own token is missing' } });
  const wanted = drillOf(await readJson(request));
  if (!wanted) return sendJson(request, response, { status: 400, value: { error: 'name a drill' } });
  const why = serving.startDrill(wanted);
  if (why) return sendJson(request, response, { status: 409, value: { error: why } });
  sendJson(request, response, { status: 202, value: {} });
}

function drillOf(given: unknown): DrillRequest | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  const text = (key: string) => {
    const value = (given as Record<string, unknown>)[key];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const drill = text('drill');
  return drill
    ? { drill, kind: text('kind'), cluster: text('cluster'), service: text('service') }
    : undefined;
}
