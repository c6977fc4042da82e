import axe from 'axe-core';
import type { Page } from 'playwright-core';

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** Of a window that is half as wide and shows everything twice as large. */
export const zoomed = { viewport: { width: 650, height: 450 }, deviceScaleFactor: 2 };

/**
 * Rules of WCAG 2.2 A and AA, and the best practices, that the page breaks with everything open that can be.
 * The page must have been opened with `bypassCSP`: the check's own script is none of its.
 */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate('for (const one of document.querySelectorAll("details")) one.open = true');
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const { axe: checker } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: Violation[] }> };
    };
    return (await checker.run()).violations.map(({ id, nodes }) => ({ id, nodes }));
  });
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
}
