import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { synthesise } from '../../../src/eks/index.ts';
import { run } from '../../../src/process/index.ts';
import { cfnLint } from './cfn-lint.ts';
import { meshOf, variants } from './specs.ts';

let lint: string;
let folder: string;

beforeAll(async () => {
  lint = await cfnLint();
  folder = await mkdtemp(join(tmpdir(), 'isthmus-lint-'));
}, 400_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

test('cfn-lint finds nothing in any template', async () => {
  const files = await Promise.all(
    Object.entries(variants).map(async ([name, spec]) => {
      const file = join(folder, `${name}.json`);
      await writeFile(file, JSON.stringify(await synthesise(meshOf(spec), spec)));
      return file;
    }),
  );
  const { stdout, exitCode } = await run(lint, ['--regions', 'eu-west-1', '--', ...files], {
    allowFailure: true,
  });
  expect(stdout).toBe('');
  expect(exitCode).toBe(0);
}, 120_000);

test('cfn-lint would find a mistake', async () => {
  const file = join(folder, 'wrong.json');
  await writeFile(
    file,
    JSON.stringify({ Resources: { Vpc: { Type: 'AWS::EC2::VPC', Properties: { Cidr: 1 } } } }),
  );
  expect((await run(lint, [file], { allowFailure: true })).exitCode).not.toBe(0);
}, 120_000);
