import { request } from 'node:http';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunningServer } from '../../src/dashboard/server/server.ts';
import type { DrillRequest } from '../../src/dashboard/server/serving.ts';
import { SyntheticFeed } from './feed.ts';
import { served, Visitor } from './served.ts';

let server: RunningServer;
let readOnly: RunningServer;
const begun: DrillRequest[] = [];

beforeAll(async () => {
  const feed = new SyntheticFeed();
  server = await served(feed, { startDrill: (wanted) => void begun.push(wanted) });
  readOnly = await served(feed);
});

afterAll(() => Promise.all([server.close(), readOnly.close()]));

/** A request with headers that fetch would not send. */
function raw(headers: Record<string, string>, path = '/'): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: server.port, path, headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    sent.once('error', reject);
    sent.end();
  });
}

const closed = ['/state', '/events', '/session', '/endpoints?cluster=eks-1&service=x'];

describe('who is let in', () => {
  it('nobody without the token, to anything of the mesh', async () => {
    const visitor = new Visitor(server);
    for (const path of closed) expect((await visitor.ask(path)).status).toBe(403);
    const drill = await visitor.ask('/drills', { method: 'POST', body: '{"drill":"failover"}' });
    expect(drill.status).toBe(403);
  });

  it('nobody with another token or another cookie', async () => {
    const visitor = new Visitor(server);
    const wrong = await visitor.ask('/session', {
      method: 'POST',
      body: JSON.stringify({ token: 'x'.repeat(32) }),
    });
    expect(wrong.status).toBe(403);
    expect(wrong.headers.get('set-cookie')).toBeNull();
    visitor.cookie = `isthmus-${server.port}=${'x'.repeat(32)}`;
    expect((await visitor.ask('/state')).status).toBe(403);
  });

  it('whoever has the token, by a cookie that scripts and other sites cannot use', async () => {
    const visitor = new Visitor(server);
    const answer = await visitor.ask('/session', {
      method: 'POST',
      body: JSON.stringify({ token: visitor.token }),
    });
    expect(answer.headers.get('set-cookie')).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/);
    await visitor.signIn();
    const state = (await (await visitor.ask('/state')).json()) as { entries: { key: string }[] };
    expect(state.entries.map(({ key }) => key)).toContain('cluster/eks-1');
  });

  it('no cookie of one dashboard into another', async () => {
    const visitor = new Visitor(server);
    await visitor.signIn();
    const other = new Visitor(readOnly);
    other.cookie = visitor.cookie;
    expect((await other.ask('/state')).status).toBe(403);
  });
});

describe('from where', () => {
  it('a name that was made to lead here is refused, whatever it asks for', async () => {
    for (const host of ['evil.example', `evil.example:${server.port}`, '127.0.0.1', '127.0.0.1:1'])
      for (const path of ['/', '/page.js', '/state']) expect(await raw({ host }, path)).toBe(403);
    expect(await raw({ host: `localhost:${server.port}` })).toBe(200);
  });

  it('another origin and another site are refused', async () => {
    const host = `127.0.0.1:${server.port}`;
    for (const origin of ['http://evil.example', 'null', `http://localhost:${server.port}`])
      expect(await raw({ host, origin })).toBe(403);
    expect(await raw({ host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, '/page.js')).toBe(
      403,
    );
    // A link may lead to the page, which has nothing of the mesh in itself.
    expect(await raw({ host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' })).toBe(200);
  });

  it('it listens on the loopback address alone', async () => {
    const others = Object.values(networkInterfaces())
      .flatMap((all) => all ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4');
    for (const { address } of others)
      await expect(fetch(`http://${address}:${server.port}/`)).rejects.toThrow('fetch failed');
  });
});

describe('what it answers', () => {
  it('has a policy that takes nothing from elsewhere and nothing inline', async () => {
    const { headers } = await new Visitor(server).ask('/');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });

  it('leaves endpoints of a service to whoever asks for them', async () => {
    const visitor = new Visitor(server);
    await visitor.signIn();
    const rows = await visitor.ask('/endpoints?cluster=eks-1&service=shop-0/service-0:80');
    expect(await rows.json()).toHaveLength(2);
    expect((await visitor.ask('/endpoints?cluster=eks-9&service=none')).status).toBe(404);
  });
});

describe('drills', () => {
  const drill = { method: 'POST', body: JSON.stringify({ drill: 'failover', kind: 'hang' }) };

  it('are refused by a page that only shows', async () => {
    const visitor = new Visitor(readOnly);
    await visitor.signIn();
    const { csrf, origin } = visitor;
    const answer = await visitor.ask('/drills', { ...drill, headers: { origin, 'x-isthmus-csrf': csrf } });
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('--allow-drills');
  });

  it('need the page’s own token and its origin besides the cookie', async () => {
    const visitor = new Visitor(server);
    await visitor.signIn();
    const { csrf, origin } = visitor;
    const refused = [
      {},
      { origin },
      { 'x-isthmus-csrf': csrf },
      { origin, 'x-isthmus-csrf': 'x'.repeat(32) },
    ];
    for (const headers of refused)
      expect(
        (await visitor.ask('/drills', { ...drill, headers: headers as Record<string, string> })).status,
      ).toBe(403);
    expect(begun).toEqual([]);
    const answer = await visitor.ask('/drills', { ...drill, headers: { origin, 'x-isthmus-csrf': csrf } });
    expect(answer.status).toBe(202);
    expect(begun).toEqual([{ drill: 'failover', kind: 'hang', cluster: undefined, service: undefined }]);
  });
});

describe('a port that somebody has', () => {
  it('is told with what to do', async () => {
    const again = served(new SyntheticFeed(), { port: server.port });
    await expect(again).rejects.toMatchObject({
      code: 'ADDRESS_IN_USE',
      hint: expect.stringContaining('--port'),
    });
  });
});
