import { describe, expect, it } from 'vitest';
import { violations, zoomed } from './axe.ts';
import type { OpenOptions } from './browser.ts';
import { SyntheticFeed } from './feed.ts';
import { PageUnderTest } from './served.ts';

const tested = new PageUnderTest();

/** A mesh in which something of every kind is wrong, with everything open that can be. */
function troubled(clusters: number): SyntheticFeed {
  const feed = new SyntheticFeed({ clusters });
  feed.addReports();
  feed.breakGateway('eks-2');
  feed.loseEndpoint('eks-1');
  feed.kill('eks-3', Date.now() - 100_000);
  feed.store.put('rotation', {
    phase: 'sign-new',
    target: 'ab'.repeat(32),
    clusters: { 'eks-1': 'signing' },
    lagging: ['eks-2'],
  });
  return feed;
}

async function look(feed: SyntheticFeed, options: OpenOptions): Promise<string[]> {
  const { page } = await tested.open(feed, { ...options, bypassCSP: true });
  await page.getByText('eks-3 does not answer').first().waitFor();
  return violations(page);
}

const chosen = 'service=shop-0/service-0:80&select=check/reach/eks-1 → eks-2';

describe('axe finds nothing', () => {
  const cases: readonly (readonly [string, number, OpenOptions])[] = [
    ['in light colours', 4, { colorScheme: 'light', chosen }],
    ['in dark colours', 4, { colorScheme: 'dark', chosen }],
    ['with a cluster’s details', 4, { colorScheme: 'dark', chosen: 'select=cluster/eks-3' }],
    ['at 200 % zoom', 4, { ...zoomed, chosen }],
    ['on a phone', 4, { viewport: { width: 375, height: 700 } }],
    ['in the matrix, light', 13, { colorScheme: 'light', chosen: 'select=link/eks-1/eks-2' }],
    ['in the matrix, dark', 13, { colorScheme: 'dark' }],
  ];
  for (const [title, clusters, options] of cases)
    it(title, async () => {
      expect(await look(troubled(clusters), options)).toEqual([]);
    });
});
