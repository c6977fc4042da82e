import { exitCodeOf, IsthmusError, isIsthmusError } from '../../errors/index.ts';
import { fileError } from '../../files/index.ts';
import type { ClusterToRemove } from '../../mesh/index.ts';
import type { Topology } from '../../topology/index.ts';
import { ask, canAsk } from '../ask.ts';
import type { CommandContext } from '../command-context.ts';
import { outputOption, resultStyle, withOperation } from '../operation.ts';
import { printResult, type Shell } from '../shell.ts';

interface DownFlags {
  readonly output: 'table' | 'json';
  readonly force?: boolean;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

/** `isthmus down` */
export function registerDown(context: CommandContext): void {
  context.program
    .command('down')
    .description(
      'load balancers first, then clusters, then an audit that nothing is left; asks before it touches a cluster that is not a local one',
    )
    .argument('[clusters...]', 'only these clusters (default: the whole mesh)')
    .option('--force', 'go on where a cluster that stays cannot be made to forget one that goes')
    .option('--yes', 'do not ask for the mesh’s name before clusters of `eks` and `existing` are touched')
    .option('--dry-run', 'list what would be removed and what would stay, and write nothing')
    .addOption(outputOption('table', 'json'))
    .addHelpText('after', '\nExamples:\n  isthmus down\n  isthmus down eks-3\n  isthmus down --dry-run')
    .action((clusters: string[], flags: DownFlags) =>
      flags.dryRun ? plan(context, clusters, flags) : down(context, clusters, flags),
    );
}

async function plan(context: CommandContext, clusters: string[], flags: DownFlags): Promise<void> {
  const { planDown } = await import('../../mesh/index.ts');
  const { renderRemovalPlan } = await import('../../ui/index.ts');
  const { exitCodeOfUnseen } = await import('../../report/index.ts');
  const report = await withOperation(context, (operation) => planDown({ ...operation, clusters }));
  printResult(context.shell, renderRemovalPlan(report, flags.output, resultStyle(context)));
  context.setExitCode(exitCodeOfUnseen(report.clusters.flatMap(({ unseen }) => unseen ?? [])));
}

async function down(context: CommandContext, clusters: string[], flags: DownFlags): Promise<void> {
  const { contextCommands, downMesh } = await import('../../mesh/index.ts');
  const { renderDown } = await import('../../ui/index.ts');
  const { exitCodeOfUnseen } = await import('../../report/index.ts');
  const result = await withOperation(context, async (operation) => {
    const confirm = (clusters: readonly ClusterToRemove[]) =>
      flags.yes ? Promise.resolve(true) : askForName(context.shell, operation.topology.name, clusters);
    const done = await downMesh({ ...operation, clusters, force: flags.force === true, confirm });
    const kubeconfig = await contextsLeft(operation.topology, done.removed);
    const contextsBy = kubeconfig && contextCommands(operation.topology, done.removed, clusters);
    return { ...done, kubeconfig, contextsBy };
  });
  printResult(context.shell, renderDown(result, flags.output, resultStyle(context)));
  const { unreachable, leftovers, kubeconfig } = result;
  const ofMesh = exitCodeOfUnseen(unreachable) || (leftovers.length === 0 ? 0 : 1);
  context.setExitCode(ofMesh || (kubeconfig ? exitCodeOf(kubeconfig.source) : 0));
}

/** Why contexts of clusters could not be taken out. The clusters are gone by then, which is to be told all the same. */
async function contextsLeft(
  topology: Topology,
  removed: readonly string[],
): Promise<IsthmusError | undefined> {
  const { removeContexts } = await import('../../mesh/index.ts');
  try {
    await removeContexts(topology, removed);
    return undefined;
  } catch (error) {
    const known = fileError(error);
    if (isIsthmusError(known)) return known;
    throw error;
  }
}

/** Whether the user wrote the mesh's name. Throws CONFIRMATION_MISSING where nobody can be asked. */
async function askForName(
  shell: Shell,
  mesh: string,
  clusters: readonly ClusterToRemove[],
): Promise<boolean> {
  const names = clusters.map(({ name, provider }) => `${name} (${provider})`).join(', ');
  if (!canAsk(shell))
    throw new IsthmusError('CONFIRMATION_MISSING', `down would take mesh ${mesh} out of ${names}`, {
      hint: 'there is no terminal to ask on: give --yes; isthmus down --dry-run lists what would go',
    });
  const question = `This takes mesh ${mesh} out of ${names}.\nWrite the mesh’s name to go on: `;
  return (await ask(shell, question)).trim() === mesh;
}
