import { writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { complaints, sharedBed } from '../e2e/bed.ts';
import { diagnose, doctor, unrelated } from './diagnosis.ts';
import type { Fault, Pairing } from './fault.ts';
import { faults } from './pains.ts';
import { type Rival, rivals, type Verdicts } from './rivals.ts';
import type { Scores } from './score.ts';

const bed = sharedBed();
let mesh: Pairing;
/** To work on a fault, or to time isthmus: do not ask the others, which takes a minute for each fault. */
const alone = process.env['ISTHMUS_FAULT_ALONE'] !== undefined;
const nobody: Verdicts = { istioctl: [], seed: [] };
const scores: Scores = { alone, healthy: undefined, faults: [] };

async function pairing(): Promise<Pairing> {
  const file = parse(await bed.read()) as { spec: { clusters: { name: string }[] } };
  const [here, there] = file.spec.clusters.map(({ name }) => name);
  if (!here || !there) throw new Error('the bed has fewer than two clusters');
  return { here, there };
}

/** After each fault, so that a run that is cut short leaves what it found. */
async function keep(): Promise<void> {
  const target = process.env['ISTHMUS_FAULT_SCORES'];
  if (target) await writeFile(target, JSON.stringify(scores));
}

beforeAll(async () => {
  mesh = await pairing();
  expect(complaints(await bed.check([], ['--wait', '60']))).toEqual([]);
  const healthy = await saidInHealth(4);
  const started = Date.now();
  const report = await doctor(bed);
  const seconds = (Date.now() - started) / 1000;
  scores.healthy = { seconds, isthmus: complaints(report), ...healthy };
  expect(scores.healthy.isthmus).toEqual([]);
});

/** Everything that anybody says of the healthy bed: some of it changes from look to look. */
async function saidInHealth(times: number): Promise<Verdicts> {
  if (alone) return nobody;
  const all: Verdicts[] = [];
  for (let time = 0; time < times; time += 1) all.push(await rivals(bed, [mesh.here, mesh.there], 1));
  const union = (rival: Rival) => [...new Set(all.flatMap((one) => one[rival]))];
  return { istioctl: union('istioctl'), seed: union('seed') };
}

/** The named check alone, for its time. */
async function timeOf({ expects, diagnose: other }: Fault): Promise<number | undefined> {
  if (other) return undefined;
  const started = Date.now();
  await bed.check([expects.check]);
  return (Date.now() - started) / 1000;
}

describe('each fault is found by name, and health is found after it', () => {
  it.each(faults.map((fault) => [`${fault.pain} ${fault.title}`, fault] as const))('%s', async (_, fault) => {
    try {
      await fault.inject(bed, mesh);
      const { found, seconds, before, text } = await diagnose(bed, fault);
      const checked = await timeOf(fault);
      const others = fault.diagnose ? [] : unrelated(await doctor(bed, ['--all']), fault);
      const rest = alone ? nobody : await rivals(bed, [mesh.here, mesh.there]);
      const { pain, title } = fault;
      const [load = 0] = loadavg();
      scores.faults.push({
        pain,
        title,
        found,
        seconds,
        checkSeconds: checked,
        before,
        others,
        said: text,
        load,
        ...rest,
      });
      await keep();
      for (const name of fault.expects.names) expect(text).toMatch(name);
      expect({ found, before, others }).toEqual({ found: true, before: [], others: [] });
    } finally {
      await fault.undo(bed, mesh);
    }
    expect(complaints(await bed.check([], ['--wait', '90']))).toEqual([]);
  });
});
