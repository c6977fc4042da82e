import type { Page } from 'playwright-core';

/** Everything that can be acted on or scrolled, and is to be seen. */
const focusable =
  '[...document.querySelectorAll("button:not(:disabled), input, select, summary, [tabindex=\\"0\\"]")].filter((one) => one.checkVisibility())';

/** Walk the page by Tab, and return what of it was not come to. The page must stand still meanwhile. */
export async function unreachedByTab(page: Page): Promise<string[]> {
  const wanted = await page.evaluate<number>(`${focusable}.length`);
  const reached = new Set<number>();
  for (let press = 0; press < wanted + 5; press += 1) {
    await page.keyboard.press('Tab');
    reached.add(await page.evaluate<number>(`${focusable}.indexOf(document.activeElement)`));
  }
  const missed = Array.from({ length: wanted }, (_, at) => at).filter((at) => !reached.has(at));
  return Promise.all(
    missed.map((at) => page.evaluate<string>(`${focusable}[${at}].outerHTML.slice(0, 160)`)),
  );
}

/** What is said of the element that has the focus. */
export const focusedLabel = (page: Page): Promise<string | null> =>
  page.evaluate('document.activeElement?.getAttribute("aria-label")');
