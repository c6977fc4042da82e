import type { Topology } from '../topology/index.ts';
import { ask, canAsk } from './ask.ts';
import type { Shell } from './shell.ts';

/**
 * The passphrase of the root's key, asked on the terminal without showing it, where nothing else gives it; undefined if
 * none is needed or nobody can be asked. An empty answer is none: the key is needed only where something is due.
 */
export async function askPassphrase(shell: Shell, topology: Topology): Promise<string | undefined> {
  const { asksForPassphrase } = await import('../mesh/index.ts');
  if (!canAsk(shell) || !(await asksForPassphrase(topology))) return undefined;
  const question = 'passphrase of the key of spec.trust.root (not shown; empty if nothing is due): ';
  return (await ask(shell, question, { hidden: true })) || undefined;
}
