import type { CommandContext } from '../command-context.ts';
import { outputOption, withOperation } from '../operation.ts';
import { printResult } from '../shell.ts';

/** `isthmus render` */
export function registerRender(context: CommandContext): void {
  context.program
    .command('render')
    .description('the exact objects and templates that up applies, for GitOps and review; no secrets')
    .addOption(outputOption('yaml', 'json'))
    .option('-d, --directory <path>', 'write one folder per cluster there instead of printing')
    .addHelpText('after', '\nExamples:\n  isthmus render > mesh-objects.yaml\n  isthmus render -d rendered/')
    .action(async (options: { output: 'yaml' | 'json'; directory?: string }) => {
      const { renderMesh } = await import('../../mesh/index.ts');
      const files = await withOperation(context, renderMesh, { offline: true });
      if (options.directory) {
        const { writeFiles } = await import('../write-files.ts');
        const written = await writeFiles(options.directory, files);
        printResult(
          context.shell,
          options.output === 'json' ? JSON.stringify(written, undefined, 2) : written.join('\n'),
        );
        return;
      }
      const text =
        options.output === 'json'
          ? JSON.stringify(files, undefined, 2)
          : files
              .map(({ path, content }) =>
                path.endsWith('.yaml')
                  ? `# ${path}\n${content}`
                  : `# ${path}\n${content.replace(/^/gm, '# ')}`,
              )
              .join('\n');
      printResult(context.shell, text);
    });
}
