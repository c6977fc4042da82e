import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { pageAssets } from '../../src/dashboard/page/assets.ts';
import { type RunningServer, serveDashboard } from '../../src/dashboard/server/server.ts';
import type { DashboardParts } from '../../src/dashboard/server/serving.ts';
import { launchBrowser, openPage } from './browser.ts';
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

/** The browser of a test file, and whatever serves the page that a test looks at, closed when it ends. */
export class PageUnderTest {
  #browser: Browser | undefined;
  server: RunningServer | undefined;

  constructor() {
    beforeAll(async () => {
      this.#browser = await launchBrowser();
    });
    afterEach(async () => {
      await Promise.all(this.browser.contexts().map((context) => context.close()));
      await this.server?.close();
      this.server = undefined;
    });
    afterAll(() => this.#browser?.close());
  }

  get browser(): Browser {
    if (!this.#browser) throw new Error('the browser runs within tests only');
    return this.#browser;
  }

  /** Serve a feed and open its page. */
  async open(
    feed: SyntheticFeed,
    options: Parameters<typeof openPage>[2] = {},
    more: Parameters<typeof served>[1] = {},
  ): Promise<Awaited<ReturnType<typeof openPage>>> {
    await this.serve(feed, more);
    return openPage(this.browser, this.url, options);
  }

  async serve(feed: SyntheticFeed, more: Parameters<typeof served>[1] = {}): Promise<void> {
    this.server = await served(feed, more);
  }

  /** Of what is served, with its token. */
  get url(): string {
    return this.server?.url ?? '';
  }
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
