import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { catalogue, selectChecks } from '../../../src/checks/index.ts';

const pages = new URL('../../../docs/checks/', import.meta.url);
const ids = catalogue.map(({ id }) => id);

describe('the catalogue', () => {
  it('has a page for each check and no page without one', () => {
    const files = readdirSync(pages).filter((name) => name !== 'README.md');
    expect(files.sort()).toEqual(ids.map((id) => `${id}.md`).sort());
  });

  it.each(catalogue.map((check) => [check.id, check] as const))(
    '%s: its page says what the check says',
    (id, check) => {
      const page = readFileSync(new URL(`${id}.md`, pages), 'utf8');
      expect(page).toContain(check.title);
      for (const command of check.inspect) expect(page).toContain(command);
      if (check.inspect.some((command) => command.includes('istio-system')))
        expect(page).toMatch(/in place of CLUSTER, and the namespace of .* in place of istio-system/);
      for (const heading of ['## Cause', '## Look', '## Fix']) expect(page).toContain(heading);
    },
  );

  it('names only checks that exist as needs, each before those that need it', () => {
    for (const [index, check] of catalogue.entries())
      for (const need of check.needs) expect(ids.slice(0, index)).toContain(need);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('selecting', () => {
  it('keeps the catalogue’s order and takes no name for all', () => {
    expect(selectChecks(['traffic', 'lb']).map(({ id }) => id)).toEqual(['lb', 'traffic']);
    expect(selectChecks([])).toBe(catalogue);
  });

  it.each([
    ['trafic', 'did you mean traffic?'],
    ['LB', 'did you mean lb?'],
    ['somethingelse', `the checks are ${ids.join(', ')}`],
  ])('refuses %s and suggests', (name, hint) => {
    expect(() => selectChecks([name])).toThrowError(expect.objectContaining({ code: 'CHECK_UNKNOWN', hint }));
  });
});
