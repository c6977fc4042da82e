import { writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { complaints, problemsOf, sharedBed } from '../e2e/bed.ts';
import type { Pairing } from './fault.ts';
import { faults } from './pains.ts';
import { rivals, type Verdicts } from './rivals.ts';
import type { Score } from './score.ts';

const bed = sharedBed();
const scores: Score[] = [];
let mesh: Pairing;
let healthy: Verdicts;

async function pairing(): Promise<Pairing> {
  const file = parse(await bed.read()) as { spec: { clusters: { name: string }[] } };
  const [here, there] = file.spec.clusters.map(({ name }) => name);
  if (!here || !there) throw new Error('the bed has fewer than two clusters');
  return { here, there };
}

/** Look until the check names everything, or until the time is over. */
async function diagnose(check: string, names: readonly RegExp[]): Promise<{ found: boolean; text: string }> {
  const until = Date.now() + 30_000;
  let text = '';
  while (Date.now() < until) {
    const { results } = await bed.check([check]);
    text = results
      .filter(({ id }) => id === check)
      .flatMap(({ outcome }) => problemsOf(outcome))
      .map(({ cluster, object, message }) => [cluster, object, message].join(' '))
      .join('\n');
    if (names.every((name) => name.test(text))) return { found: true, text };
  }
  return { found: false, text };
}

const news = (now: readonly string[], before: readonly string[]): boolean =>
  now.some((line) => !before.includes(line));

beforeAll(async () => {
  mesh = await pairing();
  expect(complaints(await bed.check([], ['--wait', '60']))).toEqual([]);
  healthy = await rivals(bed, [mesh.here, mesh.there]);
});

/** After each fault, so that a run that is cut short leaves what it found. */
async function keep(score: Score): Promise<void> {
  scores.push(score);
  const target = process.env['ISTHMUS_FAULT_SCORES'];
  if (target) await writeFile(target, JSON.stringify(scores));
}

describe('each fault is found by name, and health is found after it', () => {
  it.each(faults.map((fault) => [`${fault.pain} ${fault.title}`, fault] as const))('%s', async (_, fault) => {
    const { check, names } = fault.expects;
    try {
      await fault.inject(bed, mesh);
      const started = Date.now();
      const { found, text } = await diagnose(check, names);
      const seconds = (Date.now() - started) / 1000;
      const others = await rivals(bed, [mesh.here, mesh.there]);
      await keep({
        pain: fault.pain,
        title: fault.title,
        check,
        found,
        seconds,
        istioctl: news(others.istioctl, healthy.istioctl),
        seed: news(others.seed, healthy.seed),
      });
      for (const name of names) expect(text).toMatch(name);
    } finally {
      await fault.undo(bed, mesh);
    }
    expect(complaints(await bed.check([], ['--wait', '60']))).toEqual([]);
  });
});
