import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { catalogue } from '../../../src/checks/index.ts';
import { buildProgram } from '../../../src/cli/program.ts';

const source = (path: string) => fileURLToPath(new URL(`../../../src/${path}`, import.meta.url));

const entriesOf = (path: string) => readdirSync(source(path), { withFileTypes: true });
const filesIn = (path: string): string[] =>
  entriesOf(path)
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);
const foldersIn = (path: string): string[] =>
  entriesOf(path)
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

describe('checks', () => {
  it('are one to a file directly under their link’s folder, the file named by the id', () => {
    const links = foldersIn('checks').filter((folder) => !['engine', 'facts'].includes(folder));
    const files = links.flatMap((link) => filesIn(join('checks', link)));
    expect(files.sort()).toEqual(catalogue.map(({ id }) => `${id}.ts`).sort());
  });
});

describe('commands', () => {
  it('are one to a file, named as the command; what the commands of a group share is in its parts', () => {
    const groups = foldersIn('cli/commands');
    const files = [
      ...filesIn('cli/commands'),
      ...groups.flatMap((group) => filesIn(join('cli/commands', group)).map((file) => `${group}/${file}`)),
    ];
    const { stdout, stderr, env } = process;
    const shell = { stdout, stderr, env, signal: new AbortController().signal };
    const program = buildProgram({ shell, setExitCode: () => {}, providers: {} });
    // The shell's completion is a library's command.
    const own = program.commands.filter((command) => !['complete', 'completion'].includes(command.name()));
    expect(files.sort()).toEqual(own.flatMap(filesOf).sort());
    const within = groups.flatMap((group) => foldersIn(join('cli/commands', group)));
    expect(within.filter((folder) => folder !== 'parts')).toEqual([]);
  });
});

function filesOf(command: Command): string[] {
  const name = command.name();
  if (command.commands.length === 0) return [`${name}.ts`];
  return [`${name}/index.ts`, ...command.commands.map((one) => `${name}/${one.name()}.ts`)];
}
