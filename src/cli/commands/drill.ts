import { InvalidArgumentError, Option } from 'commander';
import type { WantedService } from '../../drills/index.ts';
import { IsthmusError } from '../../errors/index.ts';
import type { DrillReport } from '../../report/index.ts';
import { ask, canAsk } from '../ask.ts';
import type { CommandContext } from '../command-context.ts';
import { outputOption, resultStyle, withOperation } from '../operation.ts';
import { seconds } from '../seconds.ts';
import { printResult } from '../shell.ts';

interface DrillFlags {
  readonly output: 'table' | 'json' | 'junit';
  readonly service?: WantedService;
  readonly kind?: string;
  readonly cluster?: string;
  readonly plan?: boolean;
  readonly yes?: boolean;
  readonly asIs?: boolean;
  readonly undo?: boolean;
  readonly duration: number;
  readonly rate: number;
  readonly maxLost?: number;
  readonly deadline?: number;
  readonly page?: string;
}

const examples = `
Examples:
  isthmus drill                                    the drills that there are
  isthmus drill failover --plan                    what would be done; changes nothing
  isthmus drill failover --yes --page failover.html
  isthmus drill failover --kind hang --cluster eks-2 --yes
  isthmus drill --undo                             take back what a killed drill left, from any machine`;

/** `isthmus drill` */
export function registerDrill(context: CommandContext): void {
  const command = context.program
    .command('drill')
    .description('put what the mesh promises to the test, under requests, and undo it')
    .argument('[name]', 'a drill (default: list them)')
    .addHelpText('after', examples)
    .action((name: string | undefined, flags: DrillFlags) => run(context, name, flags));
  for (const option of options()) command.addOption(option);
}

const options = (): Option[] => [
  new Option(
    '--service <namespace/name>',
    'the service that it is about (default: sample/helloworld)',
  ).argParser(serviceOf),
  new Option('--kind <kind>', 'in which of its ways, for drills that have several'),
  new Option('--cluster <name>', 'the cluster that it is done to'),
  new Option('--plan', 'say what would be done; changes nothing'),
  new Option('--yes', 'begin without asking'),
  new Option('--as-is', 'set nothing up for it: put to the test what is there'),
  new Option('--undo', 'take back what a drill left that nobody ended'),
  new Option('--duration <seconds>', 'how long it looks on').argParser(seconds).default(15),
  new Option('--rate <requests>', 'requests a second from each cluster').argParser(seconds).default(50),
  new Option(
    '--max-lost <requests>',
    'lost requests of one cluster at which it is ended (default: 10 s of them)',
  ).argParser(seconds),
  new Option(
    '--deadline <seconds>',
    'when a drill that nobody ended may be undone by anybody, and is by the cluster itself (default: 5 min and 4 × --duration)',
  ).argParser(seconds),
  new Option('--page <file>', 'write the report as a page as well: .html, or .md'),
  outputOption('table', 'json', 'junit'),
];

function serviceOf(text: string): WantedService {
  const [namespace, name, ...more] = text.split('/');
  if (!namespace || !name || more.length > 0) throw new InvalidArgumentError('expected NAMESPACE/NAME.');
  return { namespace, name };
}

async function run(context: CommandContext, name: string | undefined, flags: DrillFlags): Promise<void> {
  if (flags.undo) return undo(context, name, flags);
  return name === undefined ? list(context, flags) : drill(context, name, flags);
}

async function list(context: CommandContext, { output }: DrillFlags): Promise<void> {
  const { drills } = await import('../../drills/index.ts');
  const { renderDrills } = await import('../../ui/index.ts');
  const rows = drills.map(({ id, title, kinds = [] }) => ({ id, title, kinds }));
  printResult(context.shell, renderDrills(rows, output, resultStyle(context)));
}

async function undo(context: CommandContext, name: string | undefined, flags: DrillFlags): Promise<void> {
  if (name !== undefined)
    throw new IsthmusError('FLAGS_INVALID', `--undo takes no drill, yet ${name} is given`, {
      hint: 'isthmus drill --undo takes back whatever is there',
    });
  const { undoMeshDrills } = await import('../../mesh/index.ts');
  const { renderDrillUndo } = await import('../../ui/index.ts');
  const { exitCodeOfUndo } = await import('../../report/index.ts');
  const report = await withOperation(context, (operation) => undoMeshDrills(operation));
  printResult(context.shell, renderDrillUndo(report, flags.output));
  context.setExitCode(exitCodeOfUndo(report));
}

async function drill(context: CommandContext, name: string, flags: DrillFlags): Promise<void> {
  const { drillMesh } = await import('../../mesh/index.ts');
  const { rate, duration, kind, cluster, service, asIs, maxLost = rate * 10 } = flags;
  const bounds = { durationSeconds: duration, deadlineSeconds: flags.deadline, maxLost };
  const settings = { kind, cluster, asIs, rate, ...bounds };
  const options = { drill: name, service, settings };
  const report = await withOperation(context, async (operation) => {
    if (flags.plan) return drillMesh({ ...operation, ...options, plan: true });
    if (!flags.yes) {
      const planned = await drillMesh({ ...operation, ...options, plan: true });
      await consent(context, planned);
    }
    return drillMesh({ ...operation, ...options });
  });
  await conclude(context, flags, report);
}

/** Whoever breaks something says its name. FLAGS_INVALID where nobody can be asked. */
async function consent({ shell }: CommandContext, planned: DrillReport): Promise<void> {
  const { drill: name, disruption } = planned;
  if (!canAsk(shell))
    throw new IsthmusError('FLAGS_INVALID', `drill ${name} needs --yes where nobody can be asked`, {
      hint: 'look at --plan first, then run it with --yes',
    });
  const answer = await ask(shell, `${disruption}.\nType ${name} to go on: `);
  if (answer.trim() !== name)
    throw new IsthmusError('FLAGS_INVALID', 'not begun', { hint: `type ${name}, or run it with --yes` });
}

async function conclude(context: CommandContext, flags: DrillFlags, report: DrillReport): Promise<void> {
  const { drillPage, renderDrill } = await import('../../ui/index.ts');
  const { exitCodeOfDrill } = await import('../../report/index.ts');
  printResult(context.shell, await renderDrill(report, flags.output, resultStyle(context)));
  if (flags.page) {
    const { writeWhole } = await import('../../files/index.ts');
    await writeWhole(flags.page, drillPage(report, flags.page.endsWith('.md') ? 'markdown' : 'html'));
  }
  context.setExitCode(exitCodeOfDrill(report));
}
