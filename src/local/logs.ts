import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { hasCode } from '../files/index.ts';
import type { LogFile, ProviderContext } from '../provider/index.ts';
import { localFileError, readIfThere } from './host/files.ts';
import { meshPaths, nodePaths } from './host/paths.ts';
import { serviceStates } from './node/supervision.ts';

const tailBytes = 256 * 1024;

/** Tails of every process's log, the supervisor's view and the node's record. */
export async function nodeLogs({ topology }: ProviderContext, cluster: string): Promise<LogFile[]> {
  const paths = nodePaths(meshPaths(topology.name), cluster);
  const states = Object.entries(await serviceStates(paths)).map(([name, state]) => `${name} ${state}\n`);
  const fixed = [
    { name: 'services.txt', content: states.join('') },
    { name: 'node.json', content: (await readIfThere(paths.record)) ?? '' },
    { name: 'init.log', content: await tail(join(paths.dir, 'log', 'init.log')) },
  ];
  const names = Object.keys(await serviceStates(paths));
  const logs = await Promise.all(
    names.map(async (name) => ({
      name: `${name}.log`,
      content: await tail(join(paths.dir, 'log', name, 'current')),
    })),
  );
  return [...fixed, ...logs].filter(({ content }) => content !== '');
}

/** The end of a file, from the start of a line; empty if there is none. */
async function tail(path: string): Promise<string> {
  try {
    await using file = await openDisposable(path);
    const { size } = await file.handle.stat();
    const length = Math.min(size, tailBytes);
    const { buffer } = await file.handle.read({ buffer: Buffer.alloc(length), position: size - length });
    const text = buffer.toString('utf8');
    return size > length ? text.slice(text.indexOf('\n') + 1) : text;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return '';
    throw localFileError(error, path);
  }
}

async function openDisposable(path: string) {
  const handle = await open(path, 'r');
  return { handle, [Symbol.asyncDispose]: () => handle.close() };
}
