import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { IsthmusError } from '../../errors/index.ts';

/**
 * The kubeconfig files in force: the given one, else those of $KUBECONFIG, each once, else ~/.kube/config. Throws
 * KUBECONFIG_INVALID for a list of nothing, which kubectl does not take for ~/.kube/config either.
 */
export function kubeconfigPaths(path?: string | undefined): readonly [string, ...string[]] {
  if (path) return [path.replace(/^~(?=\/)/, homedir())];
  const list = process.env['KUBECONFIG'];
  if (!list) return [join(homedir(), '.kube', 'config')];
  const [first, ...more] = new Set(list.split(delimiter).filter(Boolean));
  if (first) return [first, ...more];
  throw new IsthmusError('KUBECONFIG_INVALID', `KUBECONFIG is ${list}, which names no file`, {
    hint: 'name a kubeconfig in KUBECONFIG, or unset it',
  });
}
