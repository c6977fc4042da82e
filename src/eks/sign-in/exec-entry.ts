import type { ExecPlugin } from '../../provider/index.ts';

/** Form `isthmus` needs no aws CLI; `aws` is what `aws eks update-kubeconfig` writes. */
export interface ExecEntryOptions extends ExecPlugin {
  /** Name of the EKS cluster. */
  readonly clusterName: string;
  readonly region: string;
  readonly profile?: string | undefined;
}

/** A kubeconfig user's `exec`, by which kubectl gets tokens; it holds no secret. */
export interface ExecEntry {
  readonly apiVersion: 'client.authentication.k8s.io/v1' | 'client.authentication.k8s.io/v1beta1';
  readonly command: string;
  readonly args: readonly string[];
  readonly interactiveMode: 'Never' | 'IfAvailable';
  readonly provideClusterInfo: false;
  readonly installHint: string;
}

/** How kubectl gets tokens for an EKS cluster, by isthmus or by the aws CLI. */
export function execEntry(options: ExecEntryOptions): ExecEntry {
  const { form, clusterName, region, profile } = options;
  // As an argument, since the aws CLI prefers keys in the environment to AWS_PROFILE.
  const named = profile === undefined ? [] : ['--profile', profile];
  if (form === 'aws')
    return {
      apiVersion: 'client.authentication.k8s.io/v1beta1',
      command: options.command ?? 'aws',
      args: [
        '--region',
        region,
        'eks',
        'get-token',
        '--cluster-name',
        clusterName,
        '--output',
        'json',
        ...named,
      ],
      interactiveMode: 'IfAvailable',
      provideClusterInfo: false,
      installHint: 'install the aws CLI, or run `isthmus contexts --exec isthmus`',
    };
  return {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: options.command ?? 'isthmus',
    args: ['token', '--cluster', clusterName, '--region', region, ...named],
    interactiveMode: 'Never',
    provideClusterInfo: false,
    installHint: 'isthmus has moved or gone; run `isthmus contexts` again where it is now',
  };
}
