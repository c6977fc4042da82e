// Takes the pictures of docs/dashboard.md, of a mesh that nobody built: npm run pictures
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchBrowser, type OpenOptions, openPage } from '../test/dashboard/browser.ts';
import { SyntheticFeed } from '../test/dashboard/feed.ts';
import { served } from '../test/dashboard/served.ts';

interface Picture extends OpenOptions {
  readonly name: string;
  readonly of: SyntheticFeed;
  /** A panel to begin at; the page's top otherwise. */
  readonly from?: string;
  /** A line to open first. */
  readonly open?: string;
}

const folder = fileURLToPath(new URL('../docs/images', import.meta.url));

const well = new SyntheticFeed({ clusters: 3 });
const faulty = new SyntheticFeed({ clusters: 3 });
faulty.breakGateway('eks-2');
faulty.loseEndpoint('eks-1');
const dead = new SyntheticFeed({ clusters: 3 });
dead.kill('eks-3', Date.now() - 200_000);
const drilled = new SyntheticFeed({ clusters: 2 });
drilled.addReports();
const many = new SyntheticFeed({ clusters: 14 });
many.breakGateway('eks-2');

const wide = { width: 1200, height: 720 };
const pictures: readonly Picture[] = [
  { name: 'light', of: faulty, colorScheme: 'light', chosen: 'select=check/reach/eks-1 → eks-2' },
  { name: 'dark', of: well, colorScheme: 'dark' },
  { name: 'dead-cluster', of: dead, colorScheme: 'light', chosen: 'select=cluster/eks-3' },
  {
    name: 'endpoints',
    of: faulty,
    colorScheme: 'light',
    chosen: 'service=shop-0/service-0:80',
    from: 'endpoints',
  },
  { name: 'drills', of: drilled, colorScheme: 'light', from: 'drills', open: 'drill failover (no-pods)' },
  { name: 'matrix', of: many, colorScheme: 'dark' },
  { name: 'phone', of: dead, colorScheme: 'light', viewport: { width: 390, height: 800 } },
];

await mkdir(folder, { recursive: true });
const browser = await launchBrowser();
for (const { name, of, from, open, ...options } of pictures) {
  const server = await served(of);
  const { page } = await openPage(browser, server.url, { viewport: wide, ...options });
  await page.getByText('oldest part seen').first().waitFor();
  if (open) await page.getByText(open).first().click();
  if (from) await page.locator(`#${from}`).evaluate((panel) => panel.scrollIntoView({ behavior: 'instant' }));
  const file = `dashboard-${name}.png`;
  await page.screenshot({ path: join(folder, file), animations: 'disabled' });
  await page.context().close();
  await server.close();
  process.stdout.write(`docs/images/${file}\n`);
}
await browser.close();
