import { IsthmusError } from '../../errors/index.ts';
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
  const { realpath, stat, writeFile } = await import('node:fs/promises');
  const { hasCode, writeWhole } = await import('../../files/index.ts');
  try {
    await writeFile(path, content, { flag: 'wx' });
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
    if (!force) throw exists(path);
    const before = await stat(path).catch(() => undefined);
    // A device such as /dev/stdout is written to, and never replaced.
    if (!before?.isFile()) return writeFile(path, content);
    const owner = { uid: before.uid, gid: before.gid };
    // Where nothing may be put beside it, as a file that is mounted by itself, it is written in place.
    await writeWhole(await realpath(path), content, { mode: before.mode & 0o777, owner }).catch(() =>
      writeFile(path, content),
    );
  }
}

const exists = (path: string): IsthmusError =>
  new IsthmusError('MESH_FILE_EXISTS', `${path} exists`, {
    where: { file: path },
    hint: 'choose another path with -f, or overwrite it with --force',
  });
