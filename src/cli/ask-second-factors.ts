import type { AwsTarget } from '../aws/index.ts';
import type { Topology } from '../topology/index.ts';
import { ask, canAsk } from './ask.ts';
import { needAwsPackages } from './aws-packages.ts';
import type { Shell } from './shell.ts';

/** The code of every AWS profile that the file names and that wants one, each asked for once, before work begins. */
export async function askSecondFactors(shell: Shell, topology: Topology): Promise<void> {
  const targets = targetsOf(topology);
  if (targets.length === 0 || !canAsk(shell)) return;
  await needAwsPackages(shell);
  for (const target of targets) await askSecondFactor(shell, target);
}

/**
 * The code of a profile's second factor, asked on the terminal; where nobody can be asked, whatever needs the
 * profile says so. What AWS needs has to be there already.
 */
export async function askSecondFactor(shell: Shell, target: AwsTarget): Promise<void> {
  if (!canAsk(shell)) return;
  const { signInWithCode } = await import('../aws/index.ts');
  await signInWithCode(target, ({ profile, device }) =>
    ask(shell, `code that ${device} shows for AWS profile ${profile}: `),
  );
}

function targetsOf({ clusters, trust: { root } }: Topology): AwsTarget[] {
  const inAws = root?.kind === 'kms' || root?.kind === 'privateCa' ? [root] : [];
  const all = [...clusters.filter((cluster) => cluster.provider === 'eks'), ...inAws];
  return all.map(({ region, profile }) => ({ region, profile }));
}
