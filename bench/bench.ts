// `npm run bench -- PART…`: times, memory and requests on this machine; all parts but `cold` without one.
// Each part keeps each figure in bench/recorded as it comes, from which `npm run docs` makes the pages. All of
// them take more than an hour on two cores. A part ends the bench with an error if a command did not do what it
// was meant to; how fast it was is never an error.

import { type PartName, partNames, Recorder } from './figures.ts';
import { isthmus } from './isthmus.ts';
import { alike } from './parts/alike.ts';
import { clusters } from './parts/clusters.ts';
import { cold } from './parts/cold.ts';
import { propagation } from './parts/propagation.ts';
import { single } from './parts/single.ts';
import { thin } from './parts/thin.ts';
import { step } from './progress.ts';

type Part = (recorder: Recorder, sizes: readonly number[]) => Promise<void>;

const parts: Record<PartName, { readonly run: Part; readonly sizes: readonly number[] }> = {
  single: { run: single, sizes: [] },
  alike: { run: alike, sizes: [] },
  clusters: { run: clusters, sizes: [2, 4, 8] },
  thin: { run: thin, sizes: [20, 50] },
  propagation: { run: propagation, sizes: [2, 8] },
  cold: { run: cold, sizes: [] },
};

const isPart = (word: string): word is PartName => partNames.some((name) => name === word);

const words = process.argv.slice(2);
const named = words.filter(isPart);
const sizes = words.filter((word) => /^\d+$/.test(word)).map(Number);
const unknown = words.find((word) => !isPart(word) && !/^\d+$/.test(word));
if (unknown || (sizes.length > 0 && named.length === 0)) {
  process.stderr.write(
    `no part ${unknown ?? ''}; usage: npm run bench -- [${partNames.join('|')}]… [NUMBER-OF-CLUSTERS]…\n`,
  );
  process.exit(2);
}
// The launcher builds first where something changed, which is no part of any figure.
await isthmus({ file: 'mesh.yaml', env: {} }, '--version');
for (const name of named.length > 0 ? named : partNames.filter((one) => one !== 'cold')) {
  const recorder = new Recorder(name);
  const chosen = sizes.length > 0 ? sizes : parts[name].sizes;
  await step([name, ...chosen].join(' '), () => parts[name].run(recorder, chosen));
}
