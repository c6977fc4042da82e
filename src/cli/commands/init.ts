import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { printResult } from '../shell.ts';

/** `isthmus init` */
export function registerInit(context: CommandContext): void {
  context.program
    .command('init')
    .description('write a commented mesh.yaml')
    .option('--force', 'overwrite a file that exists')
    .addHelpText('after', '\nExamples:\n  isthmus init\n  isthmus init -f meshes/demo.yaml')
    .action(async (options: { force?: boolean }) => {
      const { starterFile } = await import('../../topology/index.ts');
      const path = context.program.opts<GlobalOptions>().file ?? 'mesh.yaml';
      await writeNew(path, starterFile(), options.force ?? false);
      printResult(context.shell, `${path} written; next: isthmus plan`);
    });
}

async function writeNew(path: string, content: string, force: boolean): Promise<void> {
  const { writeFile } = await import('node:fs/promises');
  const { IsthmusError } = await import('../../errors/index.ts');
  try {
    await writeFile(path, content, { flag: force ? 'w' : 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new IsthmusError('MESH_FILE_EXISTS', `${path} exists`, {
      where: { file: path },
      hint: 'choose another path with -f, or overwrite it with --force',
    });
  }
}
