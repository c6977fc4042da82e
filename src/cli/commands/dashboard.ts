import { InvalidArgumentError } from 'commander';
import type { DashboardOptions, ServedDashboard } from '../../dashboard/index.ts';
import type { CommandContext, GlobalOptions } from '../command-context.ts';
import { withContexts } from '../operation.ts';
import { packageRoot } from '../package-root.ts';
import { printResult } from '../shell.ts';
import { topologyUnlessContexts } from '../topology-unless-contexts.ts';

interface DashboardFlags {
  readonly context: readonly string[];
  readonly kubeconfig?: string;
  readonly port: number;
  readonly open?: boolean;
  readonly allowDrills?: boolean;
  readonly reports?: string;
  readonly export?: string;
}

/** `isthmus dashboard` */
export function registerDashboard(context: CommandContext): void {
  withContexts(
    context.program
      .command('dashboard')
      .description(
        'the mesh on one live page of this machine: topology, endpoints, trust, checks, drills; reads only',
      ),
  )
    .option('--port <number>', 'the port of 127.0.0.1 (default: any that is free)', portOf, 0)
    .option('--open', 'open it in the browser')
    .option('--allow-drills', 'let the page run drills, which break things and undo them')
    .option(
      '--reports <folder>',
      'show reports that `drill -o json` and `rotate … -o json` printed into files',
    )
    .option(
      '--export <file>',
      'look once and write the page as a file that needs nothing else, secrets removed',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  isthmus dashboard --open\n  isthmus dashboard --context east --context west\n  isthmus dashboard --export mesh.html',
    )
    .action((flags: DashboardFlags) => dashboard(context, flags));
}

function portOf(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('expected a port from 0 to 65535.');
  return port;
}

async function dashboard(context: CommandContext, flags: DashboardFlags): Promise<void> {
  const { exportDashboard, openDashboard } = await import('../../dashboard/index.ts');
  const { shell, program, providers } = context;
  const globals = program.opts<GlobalOptions>();
  const topology = await topologyUnlessContexts(shell, globals, flags.context);
  const { context: contexts, kubeconfig, reports, port, allowDrills = false } = flags;
  const version = packageRoot()?.version ?? 'unknown';
  const { signal } = shell;
  const options: DashboardOptions = { topology, contexts, kubeconfig, reports, version, signal, providers };
  if (flags.export === undefined) {
    return serve(context, flags, await openDashboard({ ...options, port, allowDrills }));
  }
  const { writeWhole } = await import('../../files/index.ts');
  await writeWhole(flags.export, await exportDashboard(options));
  printResult(shell, flags.export);
}

/** Until the user interrupts, which is how one leaves it: with 130 and without a word. */
async function serve(
  { shell, setExitCode }: CommandContext,
  { open }: DashboardFlags,
  served: ServedDashboard,
): Promise<void> {
  printResult(shell, served.url);
  shell.stderr.write('serving until Ctrl+C; the address lets in whoever has it\n');
  const opened = open ? await openBrowser(served.url, shell.stderr) : undefined;
  await new Promise<void>((resolve) => {
    if (shell.signal.aborted) resolve();
    shell.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await opened?.remove();
  await served.close();
  setExitCode(130);
}

/**
 * A browser that cannot be opened is no reason to stop: the address is on the screen. It gets a file of this
 * user's that leads there, as everybody can read the arguments of a program, and the address lets in.
 */
async function openBrowser(url: string, stderr: NodeJS.WritableStream): Promise<{ remove(): Promise<void> }> {
  const { mkdtemp, rm } = await import('node:fs/promises');
  const { tmpdir } = await import('node:os');
  const { join } = await import('node:path');
  const { writeWhole } = await import('../../files/index.ts');
  const { run } = await import('../../process/index.ts');
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-dashboard-'));
  const file = join(folder, 'open.html');
  await writeWhole(
    file,
    `<!doctype html><title>isthmus</title><meta http-equiv="refresh" content="0; url=${url}">`,
  );
  const program = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const { exitCode } = await run(program, [file], { allowFailure: true }).catch(() => ({ exitCode: 1 }));
  if (exitCode !== 0) stderr.write(`${program} could not open a browser: open the address yourself\n`);
  return { remove: () => rm(folder, { recursive: true }) };
}
