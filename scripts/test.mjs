// `npm test`: the set-up that README names, then every test, and what failed at the end.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const step = (title, command, args) => {
  process.stdout.write(`\n== ${title}\n`);
  const started = Date.now();
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  process.stdout.write(
    `== ${title}: ${status === 0 ? 'ok' : 'FAILED'} in ${((Date.now() - started) / 1000).toFixed(0)} s\n`,
  );
  return { title, ok: status === 0 };
};

const bin = (name) => `node_modules/.bin/${name}`;
const steps = [
  ['toolchain', './isthmus', ['toolchain', 'build']],
  ['types', bin('tsc'), ['--noEmit', '-p', '.']],
  ['lint', 'npm', ['run', '--silent', 'lint']],
  ['unit tests', bin('vitest'), ['run', '--project', 'unit']],
  ['end-to-end tests', bin('vitest'), ['run', '--project', 'e2e']],
  ['AWS rehearsal', bin('vitest'), ['run', '--project', 'aws']],
];
const results = [];
for (const [title, command, args] of steps) {
  const result = step(title, command, args);
  results.push(result);
  if (title === 'toolchain' && !result.ok) break;
}
const failed = results.filter((result) => !result.ok);
for (const { title } of failed) process.stdout.write(`FAILED: ${title}\n`);
process.exit(failed.length === 0 && results.length === steps.length ? 0 : 1);
