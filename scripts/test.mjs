// `npm test`: the set-up that README names, then every test; at the end each step's time, and what failed.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (name) => `node_modules/.bin/${name}`;

// Steps of one group run beside each other; the end-to-end tests and the rehearsal want the machine for themselves.
const groups = [
  [{ title: 'toolchain', command: ['./isthmus', 'toolchain', 'build'], needed: true }],
  [
    { title: 'types', command: [bin('tsc'), '--noEmit', '-p', '.'] },
    { title: 'lint', command: ['npm', 'run', '--silent', 'lint'] },
    { title: 'unit tests', command: [bin('vitest'), 'run', '--project', 'unit'] },
  ],
  [{ title: 'end-to-end tests', command: [bin('vitest'), 'run', '--project', 'e2e'] }],
  [{ title: 'AWS rehearsal', command: [bin('vitest'), 'run', '--project', 'aws'] }],
];

const results = [];
for (const group of groups) {
  const done = await Promise.all(group.map((step) => run(step, group.length > 1)));
  results.push(...done);
  if (done.some(({ ok, needed }) => needed && !ok)) break;
}
const failed = results.filter(({ ok }) => !ok);
process.stdout.write('\n');
for (const { title, seconds } of results)
  process.stdout.write(`${String(seconds).padStart(6)} s  ${title}\n`);
for (const { title } of failed) process.stdout.write(`FAILED: ${title}\n`);
process.exit(failed.length === 0 && results.length === groups.flat().length ? 0 : 1);

/** Run one step; beside others its output is held until its end, so that no two outputs mix. */
function run({ title, command: [program, ...args], needed = false }, beside) {
  const started = Date.now();
  const held = [`\n== ${title}\n`];
  const child = spawn(program, args, {
    cwd: root,
    stdio: beside ? ['inherit', 'pipe', 'pipe'] : 'inherit',
  });
  if (!beside) process.stdout.write(held.pop());
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => held.push(chunk));
  return new Promise((resolve) => {
    let ended = false;
    const end = (ok) => {
      if (ended) return;
      ended = true;
      const seconds = Math.round((Date.now() - started) / 1000);
      for (const chunk of held) process.stdout.write(chunk);
      process.stdout.write(`== ${title}: ${ok ? 'ok' : 'FAILED'} in ${seconds} s\n`);
      resolve({ title, ok, seconds, needed });
    };
    child.once('error', (error) => {
      held.push(`${error.message}\n`);
      end(false);
    });
    child.once('close', (status) => end(status === 0));
  });
}
