import type { Command } from 'commander';
import { needAwsPackages } from '../../aws-packages.ts';
import type { CommandContext } from '../../command-context.ts';
import { printResult } from '../../shell.ts';

/** `isthmus toolchain aws` */
export function registerToolchainAws({ shell }: CommandContext, toolchain: Command): void {
  toolchain
    .command('aws')
    .description('install the packages for AWS now, for instance into an image')
    .action(async () => {
      const folder = await needAwsPackages(shell);
      printResult(shell, folder ?? 'this checkout has them');
    });
}
