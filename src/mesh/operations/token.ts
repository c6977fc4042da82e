import { silentReporter } from '../../report/index.ts';
import { ensureAwsPackages } from '../../toolchain/index.ts';

/** The longest that installing what AWS needs may take, once. */
const installMs = 600_000;

/** What {@link clusterCredential} takes. */
export interface TokenOptions {
  /** Name of the EKS cluster, as its kubeconfig entry has it. */
  readonly cluster: string;
  /** Of the cluster, such as `eu-west-1`. */
  readonly region: string;
  /** AWS profile; as the aws CLI finds credentials when undefined. */
  readonly profile?: string | undefined;
}

/** A token for an EKS cluster as kubectl's exec plugins answer, one JSON document. Throws AWS_CREDENTIALS_MISSING. */
export async function clusterCredential({ cluster, region, profile }: TokenOptions): Promise<string> {
  await ensureAwsPackages({ reporter: silentReporter, signal: AbortSignal.timeout(installMs) });
  const { eksToken, execCredential } = await import('../../eks/index.ts');
  return execCredential(await eksToken({ clusterName: cluster, region, profile }));
}
