import { describe, expect, it } from 'vitest';
import {
  type ClusterPosition,
  type ClusterTrust,
  clusterPosition,
  positionOf,
} from '../../../src/rotation/index.ts';

const trust = (cluster: string, signer: string | undefined, ...roots: string[]): ClusterTrust => ({
  cluster,
  signer,
  roots,
});

const kinds: Readonly<Record<ClusterPosition, (cluster: string) => ClusterTrust>> = {
  old: (cluster) => trust(cluster, 'O', 'O'),
  both: (cluster) => trust(cluster, 'O', 'O', 'N'),
  signing: (cluster) => trust(cluster, 'N', 'O', 'N', 'N'),
  new: (cluster) => trust(cluster, 'N', 'N'),
  broken: (cluster) => trust(cluster, undefined, 'O'),
};
const names = Object.keys(kinds) as ClusterPosition[];

describe('clusterPosition', () => {
  it.each(names)('knows %s', (kind) => {
    expect(clusterPosition(kinds[kind]('a'), 'N')).toBe(kind);
  });

  it('takes a signer that is not among the trusted roots for broken', () => {
    expect(clusterPosition(trust('a', 'N', 'O'), 'N')).toBe('broken');
    expect(clusterPosition(trust('a', 'O', 'N'), 'N')).toBe('broken');
  });

  it('does not count a repeated block as another root', () => {
    expect(clusterPosition(trust('a', 'N', 'N', 'N'), 'N')).toBe('new');
    expect(clusterPosition(trust('a', 'O', 'O', 'O'), 'N')).toBe('old');
  });
});

const due = {
  old: 'trust-both',
  broken: 'trust-both',
  both: 'sign-new',
  signing: 'drop-old',
  new: 'finished',
};
const rank: readonly ClusterPosition[] = ['broken', 'old', 'both', 'signing', 'new'];

describe('positionOf', () => {
  for (const one of names)
    for (const two of names)
      for (const three of names)
        it(`${one}, ${two}, ${three}`, () => {
          const kindsOfAll = [one, two, three];
          const all = kindsOfAll.map((kind, at) => kinds[kind](`c${at}`));
          const least = rank.find((kind) => kindsOfAll.includes(kind)) as ClusterPosition;
          const position = positionOf(all, 'N');
          expect(position.next).toBe(due[least]);
          const lags = (kind: ClusterPosition) => due[kind] === due[least] && kind !== 'new';
          expect(position.lagging).toEqual(kindsOfAll.flatMap((kind, at) => (lags(kind) ? [`c${at}`] : [])));
          expect(position.beyondReturn).toBe(kindsOfAll.includes('new'));
        });

  it('goes back by the same steps towards the other root', () => {
    const way = (kind: ClusterPosition) => positionOf([kinds[kind]('a')], 'O').next;
    expect([way('signing'), way('both'), way('old')]).toEqual(['sign-new', 'drop-old', 'finished']);
  });
});
