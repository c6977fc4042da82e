import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { catalogue } from '../../../src/checks/index.ts';
import { buildProgram } from '../../../src/cli/program.ts';

const program = buildProgram({
  shell: { stdout: new PassThrough(), stderr: new PassThrough() } as never,
  setExitCode: () => {},
  providers: {},
});

const source = new URL('../../../src/', import.meta.url).pathname;

/** Every line of the source that is no comment, with where it is. */
const lines = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .flatMap((name) =>
    readFileSync(join(source, name), 'utf8')
      .split('\n')
      .map((text, at) => ({ text, where: `src/${name}:${at + 1}` })),
  )
  .filter(({ text }) => !/^\s*(\/\/|\*|\/\*)/.test(text));

/** Where a sentence tells of isthmus rather than what to type. */
const prose =
  /^(root|mesh|has|makes|needs|fills|carries|did|and|is|would|that|does|cannot|could|never|before|puts|knows|node|with|CA|test|inventory)\b/;

interface Named {
  readonly where: string;
  /** Words after `isthmus`, up to the end of what can be a command. */
  readonly words: readonly string[];
}

/** `isthmus …` wherever the source tells somebody to type it. */
const named: readonly Named[] = lines.flatMap(({ text, where }) =>
  [
    ...text.matchAll(/(?<=(?:['"`(]|run |then |with |; |, |&& |or |\\`))isthmus ([a-z][^'"`;,)&\\]*)/g),
  ].flatMap(([, rest = '']) => (prose.test(rest) ? [] : [{ where, words: rest.trim().split(/\s+/) }])),
);

/** What is wrong with a command line; its words may go on as a sentence. */
function fault({ words }: Named): string | undefined {
  let command: Command = program;
  for (const [at, word] of words.entries()) {
    const next = command.commands.find((one) => one.name() === word);
    if (next) command = next;
    else if (word.startsWith('-')) {
      const known = [...command.options, ...program.options].some(
        (one) => one.long === word || one.short === word,
      );
      if (!known) return `${command.name()} has no option ${word}`;
    } else if (at === 0 || command.commands.length > 0)
      return `there is no command ${words.slice(0, at + 1).join(' ')}`;
  }
  return command.commands.length > 0 ? `${words.join(' ')} is a group of commands` : undefined;
}

describe('what is told to be typed', () => {
  it('is found at all', () => expect(named.length).toBeGreaterThan(40));

  it('exists in the program, with every option', () =>
    expect(named.flatMap((one) => (fault(one) ? [`${one.where}: ${fault(one)}`] : []))).toEqual([]));

  it('would be found if it did not exist', () => {
    const of = (text: string) => fault({ where: '', words: text.split(' ') });
    expect(of('mend')).toBe('there is no command mend');
    expect(of('up --gently')).toBe('up has no option --gently');
    expect(of('check lb --wait 300 while targets are initial')).toBeUndefined();
  });
});

const needsFile = /isthmus (up|check|plan|render|rotate|renew)|(?<!\$\{\w*)\bspec\.[a-z]/;

describe('remedies', () => {
  it.each(catalogue.map(({ id, fix }) => [id, fix] as const))(
    '%s needs no file where there is none',
    (_id, fix) => {
      expect(typeof fix === 'string' ? fix : fix.byHand).not.toMatch(needsFile);
    },
  );

  it('speak to both wherever one of them needs a file', () => {
    const alone = lines.filter(
      ({ text, where }) =>
        /^src\/(checks|pki)\//.test(where) && /\bfix: ['"`]/.test(text) && needsFile.test(text),
    );
    expect(alone).toEqual([]);
  });
});
