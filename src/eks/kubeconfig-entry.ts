export interface KubeconfigEntryOptions {
  /** `isthmus`: no aws CLI needed. `aws`: what `aws eks update-kubeconfig` writes. */
  readonly form: 'isthmus' | 'aws';
  /** Name of the EKS cluster. */
  readonly clusterName: string;
  readonly region: string;
  readonly profile?: string | undefined;
  /** Program to run instead of `isthmus` or `aws`, when it is not on the PATH. */
  readonly command?: string | undefined;
}

/** A kubeconfig user's `exec`, by which kubectl gets tokens; it holds no secret. */
export interface ExecEntry {
  readonly apiVersion: 'client.authentication.k8s.io/v1' | 'client.authentication.k8s.io/v1beta1';
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly interactiveMode: 'Never' | 'IfAvailable';
  readonly provideClusterInfo: false;
  readonly installHint: string;
}

/** How kubectl gets tokens for an EKS cluster, by isthmus or by the aws CLI. */
export function kubeconfigEntry(options: KubeconfigEntryOptions): ExecEntry {
  const { form, clusterName, region, profile } = options;
  const env = profile === undefined ? {} : { env: [{ name: 'AWS_PROFILE', value: profile }] };
  if (form === 'aws')
    return {
      apiVersion: 'client.authentication.k8s.io/v1beta1',
      command: options.command ?? 'aws',
      args: ['--region', region, 'eks', 'get-token', '--cluster-name', clusterName, '--output', 'json'],
      ...env,
      interactiveMode: 'IfAvailable',
      provideClusterInfo: false,
      installHint: 'install the aws CLI, or write the entry with `isthmus contexts` instead',
    };
  return {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: options.command ?? 'isthmus',
    args: ['token', '--cluster', clusterName, '--region', region],
    ...env,
    interactiveMode: 'Never',
    provideClusterInfo: false,
    installHint: 'put isthmus on the PATH',
  };
}
