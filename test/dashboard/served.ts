import { pageAssets } from '../../src/dashboard/page/assets.ts';
import { type RunningServer, serveDashboard } from '../../src/dashboard/server/server.ts';
import type { DashboardParts } from '../../src/dashboard/server/serving.ts';
import type { SyntheticFeed } from './feed.ts';

/** A feed behind the real server. */
export async function served(
  feed: SyntheticFeed,
  more: Partial<DashboardParts> & { readonly port?: number; readonly shownPort?: number } = {},
): Promise<RunningServer> {
  const { port = 0, shownPort, ...parts } = more;
  const assets = await pageAssets();
  const endpointsOf: DashboardParts['endpointsOf'] = (cluster, service) =>
    feed.endpoints(cluster, true).services.find((row) => row.service === service)?.endpoints;
  return serveDashboard({ store: feed.store, assets, endpointsOf, ...parts }, { port, shownPort });
}

/** What a client of the page's server remembers. */
export class Visitor {
  readonly #server: RunningServer;
  cookie = '';
  csrf = '';

  constructor(server: RunningServer) {
    this.#server = server;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#server.port}`;
  }

  get token(): string {
    return this.#server.url.replace(/^.*token=/, '');
  }

  async signIn(): Promise<void> {
    const answer = await this.ask('/session', {
      method: 'POST',
      body: JSON.stringify({ token: this.token }),
    });
    this.cookie = (answer.headers.get('set-cookie') ?? '').replace(/;.*$/, '');
    this.csrf = ((await answer.json()) as { csrf: string }).csrf;
  }

  ask(path: string, init: RequestInit = {}): Promise<Response> {
    const cookie: Record<string, string> = this.cookie ? { cookie: this.cookie } : {};
    return fetch(`${this.origin}${path}`, { ...init, headers: { ...cookie, ...init.headers } });
  }
}
