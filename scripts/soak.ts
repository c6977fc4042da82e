// Disturbs a healthy mesh under load and lists what doctor raises: npm run soak [-- MINUTES]. Ten minutes write docs/faults.md.
import { parse } from 'yaml';
import { sharedBed } from '../test/e2e/bed.ts';
import faultBed from '../test/faults/bed.setup.ts';
import { isTrue, soak } from '../test/soak/soak.ts';
import { soakPart } from '../test/soak/summary.ts';
import { replacePart } from './faults-page.ts';

const minutes = Number(process.argv[2] ?? 10);
const takeDown = await faultBed();
try {
  const bed = sharedBed();
  const file = parse(await bed.read()) as { spec: { clusters: { name: string }[] } };
  const found = await soak(
    bed,
    file.spec.clusters.map(({ name }) => name),
    minutes,
  );
  const text = soakPart(found);
  process.stdout.write(`${text}\n`);
  if (minutes >= 10) replacePart('soak', text);
  process.exitCode = found.alarms.every(isTrue) ? 0 : 1;
} finally {
  await takeDown();
}
