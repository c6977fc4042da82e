import type { AwsTarget, CredentialSource } from '../aws/index.ts';

export interface EksProviderOptions {
  /** Instead of the SDK's chain of environment, profiles, SSO, containers and instances. */
  readonly credentials?: ((target: AwsTarget) => CredentialSource) | undefined;
  /** Milliseconds between looks at CloudFormation; 2000 by default. */
  readonly pollMs?: number | undefined;
  /** Milliseconds that load balancers may take to go before a stack is deleted; five minutes by default. */
  readonly loadBalancerMs?: number | undefined;
  /** Milliseconds that a new API server may take to answer; ten minutes by default. */
  readonly apiServerMs?: number | undefined;
}
