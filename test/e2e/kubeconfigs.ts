import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bed } from './bed.ts';

interface Kubeconfig {
  readonly contexts: readonly { readonly name: string; readonly context: { readonly cluster: string } }[];
}

/** A kubeconfig of the bed's clusters by these tokens and nothing else, a context of its name for each; its path. */
export async function kubeconfigOfTokens(bed: Bed, tokens: ReadonlyMap<string, string>): Promise<string> {
  const [first = ''] = tokens.keys();
  const whole = JSON.parse(await bed.ok(first, ['config', 'view', '--raw', '-o', 'json'])) as Kubeconfig;
  const clusterOf = (name: string) => whole.contexts.find((one) => one.name === name)?.context.cluster;
  const path = join(bed.folder, `kubeconfig-${randomUUID()}`);
  const text = JSON.stringify({
    ...whole,
    users: [...tokens].map(([name, token]) => ({ name, user: { token } })),
    contexts: [...tokens.keys()].map((name) => ({
      name,
      context: { cluster: clusterOf(name), user: name },
    })),
    'current-context': first,
  });
  await writeFile(path, text, { mode: 0o600 });
  return path;
}
