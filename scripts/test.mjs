// `npm test`: the set-up that README names, then every test; at the end each step's time, and what failed.
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (name) => `node_modules/.bin/${name}`;
const vitest = (project, ...files) => [bin('vitest'), 'run', '--project', project, ...files];

/** Steps run beside each other: bringing up clusters is work, but half of what follows is waiting for them. */
const lanes = Number(process.env.ISTHMUS_TEST_LANES ?? availableParallelism());

/** It looks at a page as its reader does, so it has the machine for itself, before all others. */
const alone = ['dashboard in a browser'];

/** A long step that begins last would leave the other lanes idle; in seconds, on two processors. */
const long = {
  'shared bed': 600,
  load: 500,
  '20-drills': 420,
  '16-existing-installs': 380,
  rehearsal: 300,
  '21-sources': 300,
  '17-revisions': 280,
  '19-foreign': 270,
  '15-tokens': 250,
  '11-guide': 240,
  '22-staged': 180,
  '10-families': 160,
  '07-interrupted': 130,
  'unit tests': 150,
};

const toolchain = { title: 'toolchain', command: ['./isthmus', 'toolchain', 'build'] };
/** Every file of real clusters has meshes of its own, or takes a shared bed, whose files are one step. */
const steps = [
  { title: 'dashboard in a browser', command: vitest('dashboard') },
  { title: 'end-to-end: shared bed', command: vitest('e2e-shared') },
  { title: 'end-to-end: load', command: vitest('e2e-load') },
  ...filesOf('test/e2e', 'e2e'),
  ...filesOf('test/aws', 'aws'),
  { title: 'unit tests', command: vitest('unit') },
  { title: 'lint', command: ['npm', 'run', '--silent', 'lint'] },
  { title: 'types', command: ['npm', 'run', '--silent', 'typecheck'] },
].toSorted((a, b) => (long[nameOf(b)] ?? 0) - (long[nameOf(a)] ?? 0));

const started = Date.now();
const results = [await run(toolchain, 'inherit')];
const waiting = results[0].ok ? [...steps] : [];
const beside = waiting.filter((step) => !alone.includes(nameOf(step)));
await lane(waiting.filter((step) => alone.includes(nameOf(step))));
await Promise.all(Array.from({ length: Math.max(1, lanes) }, () => lane(beside)));
report();

/** Take one step after the other until none is left. */
async function lane(steps) {
  for (let step = steps.shift(); step; step = steps.shift()) results.push(await run(step));
}

/** A step's file, or its title where it has none. */
function nameOf({ title }) {
  return title.replace(/^.*: /, '');
}

/** One step for each test file directly in a folder. */
function filesOf(folder, project) {
  return readdirSync(`${root}${folder}`)
    .filter((name) => name.endsWith('.test.ts'))
    .sort()
    .map((name) => ({
      title: `${project === 'aws' ? 'AWS' : 'end-to-end'}: ${name.replace('.test.ts', '')}`,
      command: vitest(project, `${folder}/${name}`),
    }));
}

/** Run one step; beside others its output is shown as a whole at its end, so that no two outputs mix. */
function run({ title, command: [program, ...args] }, output = 'pipe') {
  const began = Date.now();
  process.stdout.write(`== ${title}: started\n`);
  const held = [`\n== ${title}\n`];
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', output, output] });
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => held.push(chunk));
  return new Promise((resolve) => {
    let ended = false;
    const end = (ok) => {
      if (ended) return;
      ended = true;
      const seconds = secondsSince(began);
      const shown = Buffer.concat(held.map((chunk) => Buffer.from(chunk)));
      process.stdout.write(shown);
      process.stdout.write(`== ${title}: ${ok ? 'ok' : 'FAILED'} in ${seconds} s\n`);
      resolve({ title, ok, seconds, shown });
    };
    child.once('error', (error) => {
      held.push(`${error.message}\n`);
      end(false);
    });
    child.once('close', (status) => end(status === 0));
  });
}

function secondsSince(moment) {
  return Math.round((Date.now() - moment) / 1000);
}

function report() {
  const line = (seconds, title) => `${String(seconds).padStart(6)} s  ${title}\n`;
  process.stdout.write(`\n${results.map(({ seconds, title }) => line(seconds, title)).join('')}`);
  process.stdout.write(line(secondsSince(started), `in all, ${lanes} steps at a time`));
  const failed = results.filter(({ ok }) => !ok);
  // Whoever reads only the end of a long log still learns why.
  for (const { title, shown } of failed) {
    const lines = shown.toString().trimEnd().split('\n');
    process.stdout.write(`\n== ${title}: the end of what it said\n${lines.slice(-60).join('\n')}\n\n`);
  }
  for (const { title, shown } of failed)
    process.stdout.write(`FAILED: ${[title, ...failuresOf(shown.toString())].join('\n  ')}\n`);
  process.exit(failed.length === 0 && results.length === steps.length + 1 ? 0 : 1);
}

/** A line for each failed test: its name, where it failed, and what was expected; as vitest's reporter prints them. */
function failuresOf(output) {
  const parts = stripVTControlCharacters(output)
    .split(/^ FAIL {2}/m)
    .slice(1);
  return parts.map((part) => {
    const [name, message] = part.split('\n');
    const place = /❯ ([^\s:]+:\d+):\d+/.exec(part)?.[1] ?? '';
    const why = /expected .* to .*/.exec(part)?.[0] ?? message;
    return `${name} (${place}) ${why}`.slice(0, 240);
  });
}
