import { mkdtempSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, openPage } from '../dashboard/browser.ts';
import { Bed, localMesh } from '../e2e/bed.ts';

/** The page on real clusters: what it shows of them, and that what happens to them is on it. */
describe('the dashboard of a live mesh', () => {
  const bed = new Bed('dashboard');
  let browser: Browser;
  let page: Page;
  let complaints: string[];
  let served: ReturnType<Bed['start']>;

  beforeAll(async () => {
    await bed.write(localMesh('dashboard', 2));
    const [up, launched] = await Promise.all([bed.isthmus(['up']), launchBrowser()]);
    browser = launched;
    expect(up.exitCode, up.stderr).toBe(0);
    expect((await bed.isthmus(['contexts'])).exitCode).toBe(0);
    served = bed.start(['dashboard']);
    ({ page, complaints } = await openPage(browser, await firstLine()));
  });

  afterAll(async () => {
    served?.kill('SIGINT');
    await browser?.close();
    await bed.isthmus(['down', '--yes']);
  });

  /** The address, as a user copies it from the terminal. */
  function firstLine(): Promise<string> {
    return new Promise((resolve, reject) => {
      let said = '';
      // Not its iterable, which on leaving awaits the end of the command.
      served.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        const address = /^(http:\/\/\S+)\n/m.exec(said)?.[1];
        if (address) resolve(address);
      });
      void served.then(() => reject(new Error('isthmus dashboard ended without an address')));
    });
  }

  const see = (text: string | RegExp, timeout = 60_000) => page.getByText(text).first().waitFor({ timeout });
  const card = (name: RegExp) => page.getByRole('button', { name });

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

  it('a gateway that is lost is there within five seconds, explained, and goes when it is back', async () => {
    const scale = (replicas: number) =>
      bed.ok('eks-2', [
        '-n',
        'istio-ingress',
        'scale',
        'deployment/istio-eastwestgateway',
        `--replicas=${replicas}`,
      ]);
    await scale(0);
    // From when the load balancer's controller has seen it, as `status` does.
    await card(/^cluster eks-2: .*eastwest 0\//).waitFor({ timeout: 5000 });
    await see('is scaled to 0 replicas');
    await scale(1);
    await see('the mesh is as it should be', 120_000);
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

  it('a cluster that dies is a grey card with what it was; the others go on', async () => {
    await stopApiServer(bed);
    await card(/^cluster eks-2: .*last seen \d+ s ago; istiod 1\/1/).waitFor({ timeout: 30_000 });
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
    .find((one) => /kube-apiserver/.test(one) && one.includes(`/${name}/eks-2/`));
  const pid = Number(line?.trim().split(' ')[0]);
  // Never to a process group, which is what a missing pid would mean to kill(2).
  if (!pid) throw new Error(`no API server of eks-2 of ${name} runs`);
  process.kill(pid, 'SIGSTOP');
}
