import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** The kubeconfig files in force: the given one, else those of $KUBECONFIG, else ~/.kube/config. */
export function kubeconfigPaths(path?: string | undefined): readonly [string, ...string[]] {
  if (path) return [path.replace(/^~(?=\/)/, homedir())];
  const [first, ...more] = (process.env['KUBECONFIG'] ?? '').split(delimiter).filter(Boolean);
  return first ? [first, ...more] : [join(homedir(), '.kube', 'config')];
}
