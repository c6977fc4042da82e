import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const executablePath = '/usr/bin/chromium';

/**
 * Debian's browser, installed as isthmus installs Debian packages: when it is missing, having said so, and not
 * where ISTHMUS_INSTALL=no. It is the machine's and not the checkout's, so that it is installed once.
 */
export async function ensureBrowser(): Promise<void> {
  if (existsSync(executablePath)) return;
  const apt = 'apt-get install --no-install-recommends chromium';
  if (process.env['ISTHMUS_INSTALL'] === 'no') throw new Error(`chromium is not installed: ${apt}`);
  console.error('installing Debian packages: chromium');
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  // Files beside each other may both find it missing; the second waits for the first.
  const wait = ['-o', 'DPkg::Lock::Timeout=300'];
  await execa('apt-get', ['update', '-qq'], { env });
  await execa('apt-get', [...wait, 'install', '-y', '-qq', '--no-install-recommends', 'chromium'], { env });
}

/** A browser without a window. As root it has no sandbox of its own to offer. */
export async function launchBrowser(): Promise<Browser> {
  await ensureBrowser();
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

export interface OpenOptions extends BrowserContextOptions {
  /** What a reader chose, as in the address: `find=eks-1`. */
  readonly chosen?: string;
}

/** Open the page as its reader would, and remember whatever it complains of. */
export async function openPage(
  browser: Browser,
  url: string,
  { chosen = '', ...options }: OpenOptions = {},
): Promise<{ readonly page: Page; readonly complaints: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1300, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  // A policy that was violated and a script that failed are both told here.
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  await page.goto(chosen ? `${url}${url.includes('#') ? '&' : '#'}${chosen}` : url);
  return { page, complaints };
}

/** How long a page took to show its data: by the clock, and of the processor's time on its main thread. */
export async function loadTime(
  browser: Browser,
  url: string,
  shown: (page: Page) => Promise<void>,
): Promise<{ readonly ms: number; readonly processorMs: number }> {
  const context = await browser.newContext({ viewport: { width: 1300, height: 900 } });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  // It counts from here.
  await session.send('Performance.enable');
  await page.goto(url);
  await shown(page);
  const ms = await page.evaluate<number>('performance.now()');
  const { metrics } = await session.send('Performance.getMetrics');
  const seconds = metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN;
  await context.close();
  return { ms, processorMs: seconds * 1000 };
}
