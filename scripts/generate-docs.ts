// Writes the pages that are made from code, and from what the bench recorded. `--check` only compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { buildProgram } from '../src/cli/program.ts';
import { codes, exitCodeOf } from '../src/errors/index.ts';
import { noteCodes } from '../src/report/index.ts';
import { meshFilePage, schemaFile } from './mesh-file-page.ts';
import { performancePage } from './performance-page.ts';
import { scaleCurves, scalePage } from './scale-page.ts';

function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (chunk) => (text += chunk), getOutHelpWidth: () => 100 });
  command.outputHelp();
  return text.trimEnd();
}

/** Every command's help, in the order of the program. */
export function cliPage(): string {
  const { stdout, stderr, env } = process;
  const shell = { stdout, stderr, env, signal: new AbortController().signal };
  const program = buildProgram({ shell, setExitCode: () => {}, providers: {} });
  const visible = (command: Command): Command[] =>
    command
      .createHelp()
      .visibleCommands(command)
      .filter((one) => one.name() !== 'help');
  const all = [program, ...visible(program).flatMap((one) => [one, ...visible(one)])];
  const sections = all.map((one) => {
    const path = one.parent && one.parent !== program ? `${one.parent.name()} ${one.name()}` : one.name();
    return `## ${one === program ? 'isthmus' : path}\n\n\`\`\`\n${helpOf(one)}\n\`\`\`\n`;
  });
  return `# Commands\n\nMade from the declarations by \`npm run docs\`.\n\n${sections.join('\n')}`;
}

/** Every code: of errors with who can mend them and the exit code, then of notes. */
export function codesPage(): string {
  const rows = Object.entries(codes).map(
    ([code, { source, title }]) =>
      `| <a id="${code.toLowerCase()}"></a>\`${code}\` | ${title} | ${source} | ${exitCodeOf(source)} |`,
  );
  const head = '# Codes\n\nMade from the code by `npm run docs`. Codes are stable; messages may change.\n';
  const errors = `## Errors\n\n| code | means | who can mend it | exit code |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
  const notes = Object.entries(noteCodes).map(
    ([code, title]) => `| <a id="${code.toLowerCase()}"></a>\`${code}\` | ${title} |`,
  );
  const about =
    'Events of type `note` (`--events json`) end nothing. Their code is one of these, or that of an error that was got over.';
  return `${head}\n${errors}\n## Notes\n\n${about}\n\n| code | means |\n| --- | --- |\n${notes.join('\n')}\n`;
}

export const pages = [
  { path: 'docs/cli.md', content: cliPage },
  { path: 'docs/codes.md', content: codesPage },
  { path: 'docs/mesh-file.md', content: meshFilePage },
  { path: 'docs/mesh.schema.json', content: schemaFile },
  { path: 'docs/performance.md', content: performancePage },
  { path: 'docs/scale.md', content: scalePage },
  { path: 'docs/images/scale.svg', content: scaleCurves },
];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = new URL('..', import.meta.url);
  for (const { path, content } of pages) {
    const target = new URL(path, root);
    if (!process.argv.includes('--check')) writeFileSync(target, content());
    else if (readFileSync(target, 'utf8') !== content()) {
      process.stderr.write(`${path} is not current: run npm run docs\n`);
      process.exitCode = 1;
    }
  }
}
