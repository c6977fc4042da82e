import { accessSync, constants, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { isatty } from 'node:tty';
import { IsthmusError } from '../../errors/index.ts';
import { run, takeTerminal } from '../../process/index.ts';
import { type PluginCredential, pluginAnswer } from './plugin-answer.ts';

/** A kubeconfig user's `exec`, in the format's own keys. */
export interface ExecPlugin {
  readonly command: string;
  readonly args?: readonly (string | null)[] | null;
  readonly env?: readonly ({ readonly name?: string; readonly value?: string | null } | null)[] | null;
  readonly apiVersion: string;
  readonly installHint?: string | null;
  readonly provideClusterInfo?: boolean | null;
  readonly interactiveMode?: string | null;
}

/** What a plugin may be told of the cluster. */
export interface PluginCluster {
  readonly server: string;
  readonly content: Readonly<Record<string, unknown>>;
}

/** Answers by what was asked, as client-go keeps them: one plugin is run once for all that it serves. */
const answers = new Map<string, Promise<PluginCredential>>();

/**
 * What a credential plugin answers, once it was asked, until that ends: the same for all clusters that ask it the
 * same. Throws as {@link askPlugin}; a failure is not kept.
 */
export async function pluginCredential(
  plugin: ExecPlugin,
  cluster: PluginCluster,
): Promise<PluginCredential> {
  const key = JSON.stringify([plugin, cluster]);
  const before = await answers.get(key)?.catch(() => undefined);
  if (before && before.endsAt > Date.now()) return before;
  const under = answers.get(key);
  // Another caller may have found it ended as well, and asks already.
  if (under && (await under.catch(() => undefined)) !== before) return under;
  const asking = askPlugin(plugin, cluster);
  answers.set(key, asking);
  asking.catch(() => answers.get(key) === asking && answers.delete(key));
  return asking;
}

/** An API server did not accept an answer: the next to want it asks anew. */
export async function forgetAnswer(refused: PluginCredential): Promise<void> {
  for (const [key, answer] of answers)
    if ((await answer.catch(() => undefined)) === refused) answers.delete(key);
}

/**
 * Ask a credential plugin by client-go's protocol (`client.authentication.k8s.io`). The client library's own
 * runner tells a plugin neither that it was called by this protocol nor of which cluster. Its answer and its
 * words may hold a token, so that no error quotes them. Throws TOOL_MISSING and CLUSTER_UNREACHABLE.
 */
async function askPlugin(plugin: ExecPlugin, cluster: PluginCluster): Promise<PluginCredential> {
  const isInteractive = takesTerminal(plugin);
  if (plugin.interactiveMode === 'Always' && !isInteractive) throw wantsTerminal(plugin);
  const given = Object.fromEntries((plugin.env ?? []).map((one) => [one?.name ?? '', one?.value ?? '']));
  const info = JSON.stringify(await execInfo(plugin, cluster, isInteractive));
  const args = (plugin.args ?? []).map((one) => one ?? '');
  const program = programOf(plugin);
  const env = { ...given, KUBERNETES_EXEC_INFO: info };
  const ask = () => run(program, args, { env, onTerminal: isInteractive });
  const { stdout } = await (isInteractive ? takeTerminal(ask) : ask()).catch(() => {
    throw failed(plugin, 'failed');
  });
  return pluginAnswer(stdout, plugin.apiVersion, (how) => failed(plugin, how));
}

/** As client-go's isInteractive: where standard input is a terminal, unless the plugin wants none; v1beta1 need not say. */
export const takesTerminal = ({ interactiveMode }: Pick<ExecPlugin, 'interactiveMode'>): boolean =>
  interactiveMode !== 'Never' && isatty(0);

/** Where the program is, by the search path of isthmus: the plugin's own is for the plugin. */
function programOf(plugin: ExecPlugin): string {
  const { command } = plugin;
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  const places = command.includes('/') ? [command] : folders.map((folder) => join(folder, command));
  const found = places.find(isProgram);
  if (found === undefined) throw missing(plugin);
  return found;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

async function execInfo(
  { apiVersion, provideClusterInfo }: ExecPlugin,
  { server, content }: PluginCluster,
  interactive: boolean,
): Promise<object> {
  const spec = { interactive };
  if (!provideClusterInfo) return { kind: 'ExecCredential', apiVersion, spec };
  const file = content['certificate-authority'];
  const data =
    content['certificate-authority-data'] ||
    (file ? (await readFile(String(file))).toString('base64') : undefined);
  const extensions = (content['extensions'] ?? []) as { name?: string; extension?: unknown }[];
  const cluster = {
    server,
    'tls-server-name': content['tls-server-name'] || undefined,
    'insecure-skip-tls-verify': content['insecure-skip-tls-verify'] || undefined,
    'certificate-authority-data': data,
    'proxy-url': content['proxy-url'] || undefined,
    'disable-compression': content['disable-compression'] || undefined,
    config: extensions.find(({ name }) => name === 'client.authentication.k8s.io/exec')?.extension ?? null,
  };
  return { kind: 'ExecCredential', apiVersion, spec: { cluster, ...spec } };
}

/** A kubeconfig of somebody else may hint what a terminal obeys. */
const harmless = (hint: string): string => hint.replace(/[^\P{C}\t\n]/gu, '').trim();

const missing = ({ command, installHint }: ExecPlugin) =>
  new IsthmusError('TOOL_MISSING', `the credential plugin ${command} is not installed`, {
    hint: harmless(installHint ?? '') || `install ${command}`,
  });

const wantsTerminal = ({ command }: ExecPlugin) =>
  new IsthmusError(
    'CLUSTER_UNREACHABLE',
    `the credential plugin ${command} cannot be asked: its interactiveMode is Always, and standard input is not a terminal`,
    {
      hint: 'run the command on a terminal, set its interactiveMode to IfAvailable if it can do without one, or use a plugin that asks nobody',
    },
  );

const failed = ({ command }: ExecPlugin, how: string) =>
  new IsthmusError('CLUSTER_UNREACHABLE', `the credential plugin ${command} ${how}`, {
    hint: `run ${command} by hand as the kubeconfig does, and log in again`,
  });
