import { mkdtempSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { violations, zoomed } from '../dashboard/axe.ts';
import { launchBrowser, loadTime, type OpenOptions, openPage } from '../dashboard/browser.ts';
import { focusedLabel, unreachedByTab } from '../dashboard/keyboard.ts';
import { Line } from '../dashboard/line.ts';
import { Bed, localMesh } from '../e2e/bed.ts';

/** The page on real clusters: what it shows of them, and that what happens to them is on it. */
describe('the dashboard of a live mesh', () => {
  const bed = new Bed('dashboard');
  let browser: Browser;
  let page: Page;
  let complaints: string[];
  let served: ReturnType<Bed['start']>;
  /** Where it is served, as a user copies it from the terminal: with the token. */
  let address: string;

  beforeAll(async () => {
    await bed.write(localMesh('dashboard', 2));
    const [up, launched] = await Promise.all([bed.isthmus(['up']), launchBrowser()]);
    browser = launched;
    expect(up.exitCode, up.stderr).toBe(0);
    expect((await bed.isthmus(['contexts'])).exitCode).toBe(0);
    served = bed.start(['dashboard', '--allow-drills']);
    address = await firstLine();
    ({ page, complaints } = await openPage(browser, address));
  });

  afterAll(async () => {
    served?.kill('SIGINT');
    await browser?.close();
    await bed.isthmus(['down', '--yes']);
  });

  function firstLine(): Promise<string> {
    return new Promise((resolve, reject) => {
      let said = '';
      // Not its iterable, which on leaving awaits the end of the command.
      served.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        const url = /^(http:\/\/\S+)\n/m.exec(said)?.[1];
        if (url) resolve(url);
      });
      void served.then(() => reject(new Error('isthmus dashboard ended without an address')));
    });
  }

  const see = (text: string | RegExp, timeout = 60_000) => page.getByText(text).first().waitFor({ timeout });
  const card = (name: RegExp) => page.getByRole('button', { name });
  const scaleGateway = (replicas: number) =>
    bed.ok('eks-2', [
      '-n',
      'istio-ingress',
      'scale',
      'deployment/istio-eastwestgateway',
      `--replicas=${replicas}`,
    ]);

  it('shows every part of it', async () => {
    await card(/^cluster eks-1: ready · v1\.\d+.*istiod 1\/1 1\.31/).waitFor({ timeout: 60_000 });
    await see('the mesh is as it should be', 120_000);
    await see('as expected for 2 callers');
    await see('one root, no rotation under way');
    await see('a token that ends by itself');
    await see(/\d+ × 1\.31\.\d/);
    await card(/^eks-1 to eks-2: gateway reached, API server synced, answers within/).waitFor();
    await page.getByText('sample/helloworld:5000').first().click();
    await see(/^gateway of eks-/);
    expect(complaints).toEqual([]);
  });

  it('is there with its data after little work', async () => {
    const { ms, processorMs } = await loadTime(browser, address, (other) =>
      other.getByRole('button', { name: /^cluster eks-1: ready/ }).waitFor(),
    );
    console.log(`data after ${ms.toFixed(0)} ms, ${processorMs.toFixed(0)} ms of the processor’s time`);
    expect(processorMs).toBeGreaterThan(10);
    expect(processorMs).toBeLessThan(2000);
  });

  it('a gateway that is lost is there within five seconds, explained, and goes when it is back', async () => {
    await scaleGateway(0);
    try {
      // From when the load balancer's controller has seen it, as `status` does.
      const began = Date.now();
      await card(/^cluster eks-2: .*eastwest 0\//).waitFor();
      const took = Date.now() - began;
      console.log(`a gateway that was lost was shown after ${took} ms`);
      expect(took).toBeLessThan(5000);
      await see('is scaled to 0 replicas');
    } finally {
      // Whatever came of it: the cases after it are about a mesh that is well.
      await scaleGateway(1);
    }
    await see('the mesh is as it should be', 120_000);
  });

  it('a line that is cut is said, and what happened meanwhile is there when it is back', async () => {
    // At the other loopback address, where the dashboard does not listen: its Host is the dashboard's own.
    const port = Number(new URL(address).port);
    const line = await Line.to(() => port, { host: '::1', port });
    const { page: far } = await openPage(browser, address.replace('127.0.0.1', '[::1]'));
    await far.getByText(/^live/).waitFor();
    const gone = /^cluster eks-2: .*eastwest 0\//;
    line.cut();
    await far.getByText('no connection to isthmus').waitFor();
    await scaleGateway(0);
    try {
      await card(gone).waitFor();
      expect(await far.getByRole('button', { name: gone }).count()).toBe(0);
      line.up = true;
      await far.getByRole('button', { name: gone }).waitFor();
      await far.getByText(/^live/).waitFor();
    } finally {
      await scaleGateway(1);
    }
    for (const one of [page, far])
      await one.getByText('the mesh is as it should be').first().waitFor({ timeout: 120_000 });
    const versions = (of: Page) => of.getByRole('table', { name: 'Versions' }).textContent();
    expect(await versions(far)).toBe(await versions(page));
    await far.context().close();
    await line.close();
  });

  it.each<readonly [string, OpenOptions]>([
    ['light', { colorScheme: 'light' }],
    ['dark', { colorScheme: 'dark' }],
    ['200 % zoom', zoomed],
  ])('has no violation of accessibility rules in %s', async (_, options) => {
    const chosen = 'service=sample/helloworld:5000&select=cluster/eks-1';
    const other = await openPage(browser, address, { ...options, chosen, bypassCSP: true });
    await other.page.getByText('the mesh is as it should be').first().waitFor();
    expect(await violations(other.page)).toEqual([]);
    await other.page.context().close();
  });

  it('is walked by the keyboard alone', async () => {
    // Paused, so that nothing comes or goes between two presses.
    const other = await openPage(browser, address, { chosen: 'paused=yes' });
    await other.page.getByText('the mesh is as it should be').first().waitFor();
    expect(await unreachedByTab(other.page)).toEqual([]);
    await other.page.getByRole('button', { name: /^cluster eks-2: ready/ }).focus();
    await other.page.keyboard.press('Enter');
    await other.page.getByRole('heading', { name: 'cluster eks-2' }).waitFor();
    await other.page.keyboard.press('Escape');
    expect(await focusedLabel(other.page)).toMatch(/^cluster eks-2/);
    await other.page.context().close();
  });

  it('lets in nobody without the token, and asks nobody from elsewhere', async () => {
    const { origin } = new URL(address);
    const status = async (path: string, headers: Record<string, string> = {}) =>
      (await fetch(`${origin}${path}`, { headers })).status;
    for (const path of ['/state', '/events', '/session', '/endpoints?cluster=eks-1&service=x'])
      expect(await status(path)).toBe(403);
    expect(await status('/')).toBe(200);
    expect(await status('/', { origin: 'http://evil.example' })).toBe(403);
    expect(await status('/', { origin: 'null' })).toBe(403);
    const { stdout: rebound } = await execa('curl', [
      '--silent',
      '--output',
      '/dev/null',
      '--write-out',
      '%{http_code}',
      '--header',
      'Host: evil.example',
      `${origin}/`,
    ]);
    expect(rebound).toBe('403');
    const stranger = await openPage(browser, `${origin}/#token=wrong`);
    await stranger.page.getByText('not let in').waitFor();
    await stranger.page.context().close();
  });

  it('writes one file that says the same, and has no key or token in it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'isthmus-export-'));
    const file = join(folder, 'mesh.html');
    const { exitCode, stderr } = await bed.isthmus(['dashboard', '--export', file]);
    expect(exitCode, stderr).toBe(0);
    const text = await readFile(file, 'utf8');
    const secrets = await bed.ok('eks-1', ['get', 'secrets', '-A', '-o', 'jsonpath={.items[*].data}']);
    const values = [...secrets.matchAll(/"(?:ca-key\.pem|eks-\d|token)":"([^"]+)"/g)].map(
      ([, one]) => one ?? '',
    );
    expect(values.length).toBeGreaterThan(1);
    for (const value of values) {
      expect(text).not.toContain(value);
      expect(text).not.toContain(Buffer.from(value, 'base64').toString('utf8').trim());
    }
    expect(text).not.toMatch(/PRIVATE KEY|eyJ[\w-]{20}/);
    const opened = await openPage(browser, pathToFileURL(file).href);
    await opened.page.getByText('the mesh is as it should be').first().waitFor();
    expect(opened.complaints).toEqual([]);
    await rm(folder, { recursive: true });
  });

  it('begins a drill only by its name, shows it at work, and what it came to once it is undone', async () => {
    const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
    const { origin } = new URL(address);
    const forged = await fetch(`${origin}/drills`, {
      method: 'POST',
      headers: { cookie, origin },
      body: JSON.stringify({ drill: 'failover' }),
    });
    expect(forged.status).toBe(403);
    const form = page.getByRole('form', { name: 'Run a drill' });
    await form.getByLabel('Drill').selectOption('failover');
    await form.getByLabel('Kind').selectOption('no-pods');
    const begin = form.getByRole('button', { name: 'Begin' });
    expect(await begin.isDisabled()).toBe(true);
    await form.getByLabel('type its name').fill('failover');
    await begin.click();
    await see('drill failover is at work', 240_000);
    await see(/failover: (done|failed)/, 400_000);
    const said = (await page.locator('[role="log"]').textContent()) ?? '';
    expect(await page.getByText('failover: done').count(), said).toBe(1);
    await page
      .getByText(/^drill failover \(no-pods\) of /)
      .first()
      .click();
    await page
      .getByRole('img', { name: /^requests of eks-\d over time: / })
      .first()
      .waitFor();
    await page.getByRole('group', { name: 'What it states, and what was measured' }).waitFor();
    await see('No drill is at work');
    for (const cluster of ['eks-1', 'eks-2'])
      expect(await bed.ok(cluster, ['get', 'configmaps', '-A', '-o', 'name'])).not.toMatch(/isthmus-drill/);
    await see('the mesh is as it should be', 120_000);
    expect(complaints).toEqual([]);
  });

  it('a cluster that dies is a grey card with what it was; the others go on', async () => {
    await stopApiServer(bed);
    const began = Date.now();
    await card(/^cluster eks-2: .*last seen \d+ s ago; istiod 1\/1/).waitFor({ timeout: 30_000 });
    console.log(`a cluster that hangs was grey after ${Date.now() - began} ms`);
    await see(/eks-2 does not answer/);
    expect(await page.locator('.card.grey').count()).toBe(1);
    await card(/^cluster eks-1: ready/).waitFor();
  });
});

/** The API server of eks-2 runs and answers nothing: it hangs, as one does whose disk is gone. */
async function stopApiServer({ name }: Bed): Promise<void> {
  const { stdout } = await execa('ps', ['-eo', 'pid=,args=']);
  const line = stdout
    .split('\n')
    .find((one) => /^\s*\d+ kube-apiserver /.test(one) && one.includes(`/${name}/eks-2/`));
  const pid = Number(line?.trim().split(' ')[0]);
  // Never to a process group, which is what a missing pid would mean to kill(2).
  if (!pid) throw new Error(`no API server of eks-2 of ${name} runs`);
  process.kill(pid, 'SIGSTOP');
}
