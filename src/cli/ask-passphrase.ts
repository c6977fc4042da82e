import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { Topology } from '../topology/index.ts';
import type { Shell } from './shell.ts';

/**
 * The passphrase of the root's key, asked on the terminal without showing it, where nothing else gives it; undefined if
 * none is needed or nobody can be asked. An empty answer is none: the key is needed only where something is due.
 */
export async function askPassphrase(shell: Shell, topology: Topology): Promise<string | undefined> {
  const { asksForPassphrase } = await import('../mesh/index.ts');
  if (!process.stdin.isTTY || !(await asksForPassphrase(topology))) return undefined;
  shell.stderr.write('passphrase of the key of spec.trust.root (not shown; empty if nothing is due): ');
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const line = createInterface({ input: process.stdin, output: unseen, terminal: true });
  try {
    return (await line.question('', { signal: shell.signal })) || undefined;
  } finally {
    line.close();
    shell.stderr.write('\n');
  }
}
