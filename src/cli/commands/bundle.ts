import { outputOption, withOperation } from '../operation.ts';
import type { CommandContext } from '../program.ts';
import { printResult } from '../shell.ts';

/** `isthmus bundle` */
export function registerBundle(context: CommandContext): void {
  context.program
    .command('bundle')
    .description('logs, configuration and proxy dumps of every cluster in one archive, secrets removed')
    .addOption(outputOption('text', 'json'))
    .option('-d, --destination <path>', 'the archive to write (default: isthmus-bundle-<mesh>-<time>.tar.gz)')
    .addHelpText('after', '\nExamples:\n  isthmus bundle\n  isthmus bundle -d mesh.tar.gz')
    .action(async (options: { output: 'text' | 'json'; destination?: string }) => {
      const { bundleMesh } = await import('../../mesh/index.ts');
      const stamp = new Date().toISOString().replace(/[:.]/g, '-');
      const result = await withOperation(context, (operation) =>
        bundleMesh({
          ...operation,
          path: options.destination ?? `isthmus-bundle-${operation.topology.name}-${stamp}.tar.gz`,
        }),
      );
      const missing = result.missing.map((line) => `not collected: ${line}`);
      printResult(
        context.shell,
        options.output === 'json'
          ? JSON.stringify(result, undefined, 2)
          : [`${result.path} (${result.files} files)`, ...missing].join('\n'),
      );
    });
}
