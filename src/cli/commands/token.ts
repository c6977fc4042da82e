import { askSecondFactor } from '../ask-second-factors.ts';
import { needAwsPackages } from '../aws-packages.ts';
import type { CommandContext } from '../command-context.ts';
import { printResult } from '../shell.ts';

/** `isthmus token`, which kubectl runs as kubeconfig entries of EKS clusters say. */
export function registerToken({ program, shell }: CommandContext): void {
  program
    .command('token')
    .description('a short-lived token for an EKS cluster, as kubectl asks its exec plugins for')
    .requiredOption('--cluster <name>', 'name of the EKS cluster')
    .requiredOption('--region <region>', 'its AWS region')
    .option(
      '--profile <name>',
      'AWS profile (default: $AWS_DEFAULT_PROFILE, $AWS_PROFILE, then as the aws CLI finds credentials)',
    )
    .addHelpText('after', '\nExamples:\n  isthmus token --cluster isthmus-demo-eks-1 --region eu-west-1')
    .action(async (options: { cluster: string; region: string; profile?: string }) => {
      await needAwsPackages(shell);
      const { clusterCredential } = await import('../../mesh/index.ts');
      await askSecondFactor(shell, { region: options.region, profile: options.profile });
      printResult(shell, await clusterCredential(options));
    });
}
