import { chmod, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { generateManifest } from '../../../../src/istio/install/manifest.ts';

/** Notes how many of it run, each for some time, and makes an object. */
const program = (folder: string) => `#!/bin/sh
cat > /dev/null
touch ${folder}/running-$$
ls ${folder} | grep -c running- >> ${folder}/counts
sleep 0.2
rm ${folder}/running-$$
echo 'kind: ConfigMap'
`;

it('lets no more than the processors’ number of istioctl run at a time, and each once for its input', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'manifest-'));
  const istioctl = join(folder, 'istioctl');
  await writeFile(istioctl, program(folder));
  await chmod(istioctl, 0o755);
  const options = { istioctl, cache: join(folder, 'cache') };
  const all = Array.from({ length: 3 * availableParallelism() }, (_, at) => ({ at }));
  const made = await Promise.all(all.map((operator) => generateManifest(operator, options)));
  expect(made).toEqual(all.map(() => [{ kind: 'ConfigMap' }]));
  const counts = (await readFile(join(folder, 'counts'), 'utf8')).trim().split('\n').map(Number);
  expect(counts).toHaveLength(all.length);
  expect(Math.max(...counts)).toBeLessThanOrEqual(availableParallelism());
  await Promise.all(all.map((operator) => generateManifest(operator, options)));
  expect((await readFile(join(folder, 'counts'), 'utf8')).trim().split('\n')).toHaveLength(all.length);
  expect(await readdir(options.cache)).toHaveLength(all.length);
}, 60_000);
