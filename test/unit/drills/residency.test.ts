import { describe, expect, it } from 'vitest';
import type { Drill } from '../../../src/drills/drill.ts';
import { isOf } from '../../../src/drills/residency/proxies.ts';
import { residency } from '../../../src/drills/residency/residency.ts';
import { firstResident } from '../../../src/drills/residency/subject.ts';
import { judge, type Looks, marks } from '../../../src/drills/residency/verdict.ts';
import { topologyOf } from '../../fakes/mesh/topology.ts';
import { contextOf, marked, stretch } from './drill-context.ts';

const moments = marked([marks.home, 0], [marks.act, 5], [marks.empty, 6], [marks.back, 10], [marks.end, 12]);

/** A service of eks-1 that is kept there; eks-2 gets nothing but what its own proxy says. */
const callers = (leak: { pod?: string } = {}) => [
  {
    from: 'eks-1',
    marks: moments,
    records: [...stretch('eks-1', [0, 5], { pod: 'eks-1-a' }), ...stretch('eks-1', [6, 10], {})],
  },
  { from: 'eks-2', marks: moments, records: stretch('eks-2', [0, 10], leak) },
];

type Tried = Looks['forged'][number];
const tried = (state: Tried['verdict']['state'], shared = false): Tried =>
  ({
    shared,
    serverName: shared ? 'control' : 'vault',
    path: { to: 'eks-1', from: { cluster: { spec: { name: 'eks-2' } } } },
    verdict: { state, status: state === 'accepted' ? 200 : 0, detail: state },
  }) as unknown as Tried;

const none = { gateways: 2, connections: 0, open: 0, counting: 0, bytes: 0 };
const good: Looks = {
  proxies: [{ asked: 8, strays: [] }],
  names: [{ asked: 2, strays: [] }],
  forged: [tried('accepted', true), tried('closed')],
  passed: none,
  shared: { ...none, connections: 7 },
};

function judged(looks: Partial<Looks> = {}, all = callers()) {
  const context = contextOf(all);
  judge(context, { ...good, ...looks });
  const states = Object.entries(context.concluded).map(([id, { state }]) => [id, state]);
  return Object.fromEntries(states) as Record<string, string>;
}

describe('the residency of a service', () => {
  it('holds where nobody elsewhere has it, asks it or gets through', () => {
    expect(new Set(Object.values(judged()))).toEqual(new Set(['held']));
    expect(Object.keys(judged()).sort()).toEqual(
      residency
        .promises(contextOf([]))
        .map(({ id }) => id)
        .sort(),
    );
  });

  it.each<[string, Partial<Looks>, Record<string, string>]>([
    [
      'a proxy has an endpoint',
      { proxies: [{ asked: 8, strays: ['eks-2 shop/web: 1.2.3.4:15443'] }] },
      { endpoints: 'refuted' },
    ],
    ['a gateway knows its name', { names: [{ asked: 2, strays: ['x'] }] }, { names: 'refuted' }],
    [
      'a gateway lets its name through',
      { forged: [tried('accepted', true), tried('accepted')] },
      { forged: 'refuted' },
    ],
    ['something passed a gateway', { passed: { ...none, connections: 1 } }, { bytes: 'refuted' }],
    [
      'bytes passed over a connection that was there before',
      {
        passed: { ...none, open: 1, counting: 2, bytes: 4096 },
        shared: { ...none, connections: 7, counting: 2, bytes: 9000 },
      },
      { bytes: 'refuted' },
    ],
    [
      'nobody counts the bytes of a connection that was there before',
      { passed: { ...none, open: 1 } },
      { bytes: 'unproven' },
    ],
    [
      'one of the gateways counts no bytes',
      {
        passed: { ...none, open: 1, counting: 1 },
        shared: { ...none, connections: 7, counting: 1, bytes: 9000 },
      },
      { bytes: 'unproven' },
    ],
    [
      'bytes of the shared service are counted and never move',
      { shared: { ...none, connections: 7, counting: 2 } },
      { control: 'refuted', bytes: 'unproven' },
    ],
    ['no proxy was asked', { proxies: [{ asked: 0, strays: [] }] }, { endpoints: 'unproven' }],
    [
      'a gateway could not be reached',
      { forged: [tried('accepted', true), tried('unreachable')] },
      { forged: 'unproven' },
    ],
    [
      'the shared service is cut off as well',
      { forged: [tried('closed', true), tried('closed')] },
      { control: 'refuted', forged: 'unproven', bytes: 'unproven' },
    ],
    ['counters never move', { shared: none }, { control: 'refuted', forged: 'unproven', bytes: 'unproven' }],
  ])('is not proved where %s', (_, looks, states) => {
    expect(judged(looks)).toMatchObject(states);
  });

  it('is refuted by one answer elsewhere, whatever it says', () => {
    expect(judged({}, callers({ pod: 'eks-1-a' }))).toMatchObject({ elsewhere: 'refuted' });
    const [home, other] = callers();
    const odd = { ...other, records: stretch('eks-2', [0, 10], { status: 404 }) } as typeof other & object;
    expect(judged({}, [home, odd] as ReturnType<typeof callers>)).toMatchObject({ elsewhere: 'refuted' });
  });

  it('is unproven where nobody asked', () => {
    expect(judged({}, [])).toMatchObject({ home: 'unproven', elsewhere: 'unproven', empty: 'unproven' });
  });

  it('needs a service that the file keeps', () => {
    expect(() => firstResident(topologyOf(['eks-1']))).toThrow('no service of the mesh file has a residency');
    const context = contextOf([], { topology: topologyOf(['eks-1', 'eks-2']) });
    expect(() => (residency as Drill).plan(context)).toThrow('does not keep shop/vault in any cluster');
  });

  it('looks at callers’ and gateways’ clusters of the host alone', () => {
    const host = 'vault.shop.svc.cluster.local';
    expect(isOf(`outbound|5000||${host}`, host)).toBe(true);
    expect(isOf(`outbound_.5000_.v1_.${host}`, host)).toBe(true);
    expect(isOf(`outbound|5000||my${host}`, host)).toBe(false);
    expect(isOf(`inbound|5000||${host}`, host)).toBe(false);
  });
});
