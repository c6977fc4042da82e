import { run } from '../../process/index.ts';

interface Options {
  readonly signal?: AbortSignal | undefined;
}

/** `ip` with JSON output; an empty answer is an empty list. */
export async function ipJson<T>(args: readonly string[], options: Options = {}): Promise<T[]> {
  const { stdout } = await run('ip', ['-json', ...args], { ...options });
  return stdout.trim() === '' ? [] : (JSON.parse(stdout) as T[]);
}

/** Several `ip` commands in one process; `netns` is a named network namespace. */
export async function ipBatch(
  lines: readonly string[],
  options: Options & { netns?: string; family?: 4 | 6; force?: boolean } = {},
): Promise<void> {
  if (lines.length === 0) return;
  const netns = options.netns ? ['-n', options.netns] : [];
  const family = options.family ? [`-${options.family}`] : [];
  await run('ip', [...netns, ...family, ...(options.force ? ['-force'] : []), '-batch', '-'], {
    input: `${lines.join('\n')}\n`,
    signal: options.signal,
    allowFailure: options.force,
  });
}

/** Load an nftables script in one transaction, in the given network namespace or the host's. */
export async function nft(script: string, options: Options & { netnsPath?: string } = {}): Promise<void> {
  const [command, ...args] = options.netnsPath
    ? ['nsenter', `--net=${options.netnsPath}`, 'nft', '-f', '-']
    : ['nft', '-f', '-'];
  await run(command as string, args, { input: script, signal: options.signal });
}

/** Names of interfaces on the host. */
export async function hostLinks(options: Options = {}): Promise<string[]> {
  const links = await ipJson<{ ifname: string }>(['link', 'show'], options);
  return links.map(({ ifname }) => ifname);
}

/** Names of nftables tables of the host, as `family name`. */
export async function hostTables(options: Options = {}): Promise<string[]> {
  const { stdout } = await run('nft', ['list', 'tables'], { ...options });
  return stdout
    .split('\n')
    .map((line) => line.replace(/^table /, '').trim())
    .filter(Boolean);
}
