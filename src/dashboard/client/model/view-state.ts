import { signal } from '@preact/signals';

/** What a reader chose; all of it is in the address, so that it can be kept and sent. */
export interface ViewState {
  /** Only what has this text in it. */
  readonly find: string;
  /** What the side panel tells of: `cluster/eks-1`, `link/eks-1/eks-2`, `check/sync/eks-1`. */
  readonly select: string;
  readonly theme: 'auto' | 'light' | 'dark';
  readonly paused: boolean;
  /** Only what is wrong. */
  readonly wrong: boolean;
  /** `namespace/name:port` of the service whose endpoints are open. */
  readonly service: string;
  /** Cluster whose caller's endpoints are shown of it. */
  readonly caller: string;
  /** Panels that are closed. */
  readonly closed: readonly string[];
}

const none: ViewState = {
  find: '',
  select: '',
  theme: 'auto',
  paused: false,
  wrong: false,
  service: '',
  caller: '',
  closed: [],
};

const fragment = () => new URLSearchParams(location.hash.slice(1));

function read(): ViewState {
  const given = fragment();
  const text = (key: string) => given.get(key) ?? '';
  const theme = text('theme');
  return {
    find: text('find'),
    select: text('select'),
    theme: theme === 'light' || theme === 'dark' ? theme : 'auto',
    paused: text('paused') === 'yes',
    wrong: text('wrong') === 'yes',
    service: text('service'),
    caller: text('caller'),
    closed: text('closed').split(' ').filter(Boolean),
  };
}

export const viewState = signal<ViewState>(read());

/** The token of the address, once: it is gone from the address at once, so that nobody copies it along. */
export function takeToken(): string | undefined {
  const token = fragment().get('token') ?? undefined;
  if (token) write(viewState.value);
  return token;
}

/** Change what is chosen, and the address with it. */
export function choose(change: Partial<ViewState>): void {
  viewState.value = { ...viewState.value, ...change };
  write(viewState.value);
}

function write(state: ViewState): void {
  const params = new URLSearchParams();
  for (const key of ['find', 'select', 'service', 'caller'] as const)
    if (state[key]) params.set(key, state[key]);
  if (state.theme !== none.theme) params.set('theme', state.theme);
  if (state.paused) params.set('paused', 'yes');
  if (state.wrong) params.set('wrong', 'yes');
  if (state.closed.length > 0) params.set('closed', state.closed.join(' '));
  const text = params.toString();
  history.replaceState(null, '', text ? `#${text}` : location.pathname);
}

/** Somebody changed the address by hand, or went back. */
export function followAddress(): void {
  addEventListener('hashchange', () => {
    viewState.value = read();
  });
}

/** Is one of these texts looked for? */
export function found(...texts: readonly (string | undefined)[]): boolean {
  const wanted = viewState.value.find.trim().toLowerCase();
  return wanted === '' || texts.some((text) => text?.toLowerCase().includes(wanted));
}
