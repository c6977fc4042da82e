import { randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { cleaned } from '../../src/dashboard/collect/clean.ts';
import { StateStore } from '../../src/dashboard/collect/store.ts';
import type { DashboardState } from '../../src/dashboard/state/state.ts';
import { NotReady, waitUntil } from '../../src/process/index.ts';
import { SyntheticFeed } from './feed.ts';
import { served, Visitor } from './served.ts';

/** What a reader of the stream knows, and from where it would go on. */
class Reader {
  readonly known = new Map<string, string>();
  last = '';
  events = 0;

  take(state: DashboardState): void {
    for (const { key, value, same } of state.entries) {
      if (same) expect(this.known.has(key)).toBe(true);
      else if (value === undefined) this.known.delete(key);
      else this.known.set(key, JSON.stringify(value));
    }
  }

  /** Read until cut. */
  async follow(visitor: Visitor, signal: AbortSignal): Promise<void> {
    const headers: Record<string, string> = this.last ? { 'last-event-id': this.last } : {};
    try {
      const answer = await visitor.ask('/events', { headers, signal });
      let text = '';
      for await (const chunk of answer.body ?? []) {
        text += Buffer.from(chunk).toString();
        const events = text.split('\n\n');
        text = events.pop() ?? '';
        for (const event of events) this.#event(event);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #event(event: string): void {
    const id = /^id: (.*)$/m.exec(event)?.[1];
    const data = /^data: (.*)$/m.exec(event)?.[1];
    if (!id || !data) return;
    this.take(JSON.parse(data) as DashboardState);
    this.last = id;
    this.events += 1;
  }
}

const all = ({ store }: SyntheticFeed) =>
  new Map(store.since(0).entries.map(({ key, value }) => [key, JSON.stringify(value)]));

describe('the event stream', () => {
  it('loses nothing when it is cut again and again, and sends nothing twice', async () => {
    const feed = new SyntheticFeed({ clusters: 3 });
    const server = await served(feed);
    const visitor = new Visitor(server);
    await visitor.signIn();
    const reader = new Reader();
    for (let round = 0; round < 12; round += 1) {
      const cut = new AbortController();
      const following = reader.follow(visitor, cut.signal);
      const before = reader.events;
      change(feed, round);
      // In some rounds it is cut before anything came.
      if (round % 3 !== 0)
        await waitUntil({ what: 'an event', timeoutMs: 5000 }, async () => {
          if (reader.events === before) throw new NotReady('none yet');
        });
      cut.abort();
      await following;
      change(feed, round + 100);
    }
    const cut = new AbortController();
    const following = reader.follow(visitor, cut.signal);
    await waitUntil({ what: 'the rest', timeoutMs: 5000 }, async () => {
      if (reader.last !== `synthetic.${feed.store.version}`) throw new NotReady(reader.last);
    });
    cut.abort();
    await following;
    await server.close();
    expect(reader.known).toEqual(all(feed));
  });

  it('tells of what is gone whoever knew it, and nobody else', () => {
    const store = new StateStore({ epoch: 'two', clean: cleaned });
    store.put('drill/a', drill('a'));
    store.put('drill/b', drill('b'));
    store.remove('drill/a');
    expect(store.since(0).entries.map(({ key }) => key)).toEqual(['drill/b']);
    expect(store.since(1).entries.map(({ key, value }) => [key, value !== undefined])).toEqual([
      ['drill/a', false],
      ['drill/b', true],
    ]);
  });
});

const drill = (run: string) => ({
  drill: 'failover',
  run,
  who: 'me',
  since: '',
  deadlineSeconds: 1,
  clusters: [],
});

/** Any of the things that happen to a state. */
function change(feed: SyntheticFeed, round: number): void {
  const name = feed.names[randomInt(feed.names.length)] ?? '';
  feed.look(name);
  if (round % 4 === 0) feed.breakGateway(name);
  if (round % 4 === 1) feed.heal(name);
  if (round % 4 === 2) feed.store.put(`drill/run-${round}`, drill(`run-${round}`));
  if (round % 4 === 3) feed.store.remove(`drill/run-${round - 1}`);
}

describe('the state', () => {
  it('keeps what was seen, with its age and the reason, when a look fails', () => {
    const store = new StateStore({ epoch: 'one', clean: cleaned });
    store.put('versions/eks-1', { cluster: 'eks-1', istiods: [], proxies: {} }, 1000);
    store.fail('versions/eks-1', 'it does not answer');
    expect(store.since(0).entries).toMatchObject([
      { observed: 1000, trouble: 'it does not answer', value: { cluster: 'eks-1' } },
    ]);
  });

  it('leaves out a value that the reader has, and says that it was looked at again', () => {
    const store = new StateStore({ epoch: 'one', clean: cleaned });
    store.put('versions/eks-1', { cluster: 'eks-1', istiods: [], proxies: {} }, 1000);
    const { version } = store;
    store.put('versions/eks-1', { cluster: 'eks-1', istiods: [], proxies: {} }, 2000);
    const [entry] = store.since(version).entries;
    expect(entry).toMatchObject({ observed: 2000, same: true });
    expect(entry).not.toHaveProperty('value');
    expect(store.since(0).entries[0]).toHaveProperty('value');
  });

  it('has no secret, wherever one was planted', () => {
    const secrets = ['eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJwbGFudGVkIn0.c2lnbmF0dXJl', 'AKIAPLANTED1234567890'];
    const store = new StateStore({ epoch: 'one', clean: cleaned });
    const lines = [
      `bearer ${secrets[0]}`,
      `key ${secrets[1]}`,
      'password: hunter2',
      '-----BEGIN PRIVATE KEY-----\nplanted\n-----END PRIVATE KEY-----',
    ];
    store.put('progress', { drill: 'failover', started: '', lines });
    store.put('drill/x', { ...drill('x'), who: secrets[0] ?? '', token: 'plain-secret' } as ReturnType<
      typeof drill
    >);
    store.fail('trust/eks-1', `API_REFUSED with ${secrets[0]}`);
    const text = JSON.stringify(store.since(0));
    for (const secret of [...secrets, 'hunter2', 'planted\n', 'plain-secret'])
      expect(text).not.toContain(secret);
    expect(text).toContain('[removed]');
  });
});
