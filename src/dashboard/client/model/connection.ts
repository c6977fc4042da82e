import { batch, signal } from '@preact/signals';
import type { DashboardState } from '../../state/state.ts';
import { apply, mark, now } from './entries.ts';
import { takeToken, viewState } from './view-state.ts';

/** `live`: changes arrive; `cut`: they do not, and it tries again; `refused`: the token is missing; `file`: an export. */
export const connection = signal<'starting' | 'live' | 'cut' | 'refused' | 'file'>('starting');

/** What the server says to whoever signs in. */
let session = { csrf: '', heartbeatMs: 0 };
/** Three heartbeats that did not come: a line that nobody closed (a laptop that slept, a lost route). */
const silentMs = () => 3 * session.heartbeatMs;
/** What came while the page was paused. */
const waiting: { readonly state: DashboardState; readonly fresh: boolean }[] = [];

/** Show the state that an exported page has in itself; false if it has none. */
export function openFile(): boolean {
  const data = document.getElementById('state')?.textContent;
  if (!data) return false;
  const state = JSON.parse(data) as DashboardState;
  // An exported page grows no older by being read: its ages are those of the moment it was made.
  batch(() => {
    now.value = Date.now();
    apply(state, true);
    connection.value = 'file';
  });
  return true;
}

/** Sign in, take the state, then follow its changes. */
export async function openLive(): Promise<void> {
  tick();
  setInterval(tick, 1000);
  const answer = (await signIn()) ? await fetch('/state') : undefined;
  if (!answer?.ok) {
    connection.value = 'refused';
    return;
  }
  receive((await answer.json()) as DashboardState, true);
  follow();
}

function tick(): void {
  now.value = Date.now();
}

async function signIn(): Promise<boolean> {
  const token = takeToken();
  const answer = token
    ? await fetch('/session', { method: 'POST', body: JSON.stringify({ token }) })
    : await fetch('/session');
  if (!answer.ok) return false;
  session = (await answer.json()) as typeof session;
  return true;
}

/** The browser itself connects again, with the id of the last event, and gets what it missed. */
function follow(): void {
  const events = new EventSource(`/events?since=${mark.peek()}`);
  const heard = whenSilent(events);
  for (const name of ['open', 'heartbeat', 'state']) events.addEventListener(name, heard);
  events.addEventListener('open', () => {
    connection.value = 'live';
  });
  events.addEventListener('error', () => {
    connection.value = 'cut';
    // After a refusal the browser gives up: another run of the dashboard has other secrets.
    if (events.readyState === EventSource.CLOSED) setTimeout(() => void again(), 2000);
  });
  events.addEventListener('state', (event) => receive(JSON.parse(event.data) as DashboardState, false));
}

/** Give a line up that says nothing for too long, and ask for another; returns what to call when it said something. */
function whenSilent(events: EventSource): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const giveUp = () => {
    // A closed one is already given up: `error` asks for another.
    if (events.readyState === EventSource.CLOSED) return;
    events.close();
    connection.value = 'cut';
    void again();
  };
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(giveUp, silentMs());
  };
  heard();
  return heard;
}

async function again(): Promise<void> {
  const answer = await fetch('/session', { signal: AbortSignal.timeout(silentMs()) }).catch(() => undefined);
  if (answer?.ok) return follow();
  if (answer) connection.value = 'refused';
  else setTimeout(() => void again(), 2000);
}

function receive(state: DashboardState, fresh: boolean): void {
  const other = fresh || !mark.peek().startsWith(`${state.epoch}.`);
  if (viewState.value.paused && mark.peek() !== '') return void waiting.push({ state, fresh: other });
  batch(() => apply(state, other));
}

/** Go on after a pause with all that came meanwhile. */
export function catchUp(): void {
  batch(() => {
    for (const { state, fresh } of waiting.splice(0)) apply(state, fresh);
  });
}

/** Ask for a drill; returns why it was refused, if so. */
export async function requestDrill(wanted: Readonly<Record<string, string>>): Promise<string | undefined> {
  const headers = { 'x-isthmus-csrf': session.csrf, 'content-type': 'application/json' };
  const answer = await fetch('/drills', { method: 'POST', headers, body: JSON.stringify(wanted) });
  if (answer.ok) return undefined;
  return ((await answer.json()) as { error: string }).error;
}
