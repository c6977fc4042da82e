import type { ACMPCAClient } from '@aws-sdk/client-acm-pca';
import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { EKSClient } from '@aws-sdk/client-eks';
import type { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { KMSClient } from '@aws-sdk/client-kms';
import type { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import type { STSClient } from '@aws-sdk/client-sts';
import { IsthmusError } from '../errors/index.ts';
import { awsError } from './aws-error.ts';
import { credentialsOf } from './credentials.ts';
import { isConfigured } from './profiles.ts';
import {
  type InterruptibleClient,
  interruptibleClient,
  type RequestHandling,
  type RequestLimits,
  requestHandling,
} from './requests.ts';
import { silenceSdkWarning } from './sdk-warning.ts';
import type { AwsTarget, CredentialSource } from './target.ts';

export interface Identity {
  readonly account: string;
  /** As STS names it, for instance `arn:aws:sts::111122223333:assumed-role/ops/anna`. */
  readonly arn: string;
}

interface ClientConfig {
  readonly region: string;
  readonly credentials: CredentialSource;
  readonly requestHandler: RequestHandling;
  /** The SDK's own three attempts are too few for an account that others use as well. */
  readonly retryMode: 'adaptive';
  readonly maxAttempts: 8;
}

const retries = { retryMode: 'adaptive', maxAttempts: 8 } as const;

interface AccountOptions {
  /** Instead of the SDK's own chain. */
  readonly credentials?: CredentialSource | undefined;
  /** Ends every call that is under way or comes later. */
  readonly signal?: AbortSignal | undefined;
  /** Instead of the usual ones. */
  readonly limits?: RequestLimits | undefined;
}

async function configOf(target: AwsTarget, { credentials, limits }: AccountOptions): Promise<ClientConfig> {
  return {
    region: target.region,
    credentials: credentials ?? (await credentialsOf(target)),
    requestHandler: await requestHandling({ profile: target.profile, limits }),
    ...retries,
  };
}

/**
 * The clients for one region and identity, each loaded when first asked for. Every one of them
 * honours AWS_ENDPOINT_URL and its per-service forms, as the SDK does.
 */
export class AwsAccount {
  readonly target: AwsTarget;
  readonly signal: AbortSignal | undefined;
  readonly #config: Promise<ClientConfig>;
  readonly #clients = new Map<string, Promise<unknown>>();
  readonly #given: boolean;

  constructor(target: AwsTarget, options: AccountOptions = {}) {
    silenceSdkWarning();
    this.target = target;
    this.signal = options.signal;
    this.#given = options.credentials !== undefined;
    this.#config = configOf(target, options);
    this.#config.catch(() => {
      // Told by whatever asks for a client.
    });
  }

  async credentials(): Promise<CredentialSource> {
    return (await this.#config).credentials;
  }

  /** Does anything say who asks, whether or not it can be used now? */
  async isConfigured(): Promise<boolean> {
    return this.#given || isConfigured(this.target.profile);
  }

  cloudFormation(): Promise<CloudFormationClient> {
    return this.#client('cloudformation', async (config) => {
      const { CloudFormationClient } = await import('@aws-sdk/client-cloudformation');
      return new CloudFormationClient(config);
    });
  }

  eks(): Promise<EKSClient> {
    return this.#client('eks', async (config) => {
      const { EKSClient } = await import('@aws-sdk/client-eks');
      return new EKSClient(config);
    });
  }

  ec2(): Promise<EC2Client> {
    return this.#client('ec2', async (config) => {
      const { EC2Client } = await import('@aws-sdk/client-ec2');
      return new EC2Client(config);
    });
  }

  loadBalancing(): Promise<ElasticLoadBalancingV2Client> {
    return this.#client('elbv2', async (config) => {
      const { ElasticLoadBalancingV2Client } = await import('@aws-sdk/client-elastic-load-balancing-v2');
      return new ElasticLoadBalancingV2Client(config);
    });
  }

  tagging(): Promise<ResourceGroupsTaggingAPIClient> {
    return this.#client('tagging', async (config) => {
      const { ResourceGroupsTaggingAPIClient } = await import('@aws-sdk/client-resource-groups-tagging-api');
      return new ResourceGroupsTaggingAPIClient(config);
    });
  }

  logs(): Promise<CloudWatchLogsClient> {
    return this.#client('logs', async (config) => {
      const { CloudWatchLogsClient } = await import('@aws-sdk/client-cloudwatch-logs');
      return new CloudWatchLogsClient(config);
    });
  }

  kms(): Promise<KMSClient> {
    return this.#client('kms', async (config) => {
      const { KMSClient } = await import('@aws-sdk/client-kms');
      return new KMSClient(config);
    });
  }

  privateCa(): Promise<ACMPCAClient> {
    return this.#client('acm-pca', async (config) => {
      const { ACMPCAClient } = await import('@aws-sdk/client-acm-pca');
      return new ACMPCAClient(config);
    });
  }

  /** Who the credentials belong to. Throws AWS_CREDENTIALS_MISSING or AWS_REFUSED. */
  async identity(): Promise<Identity> {
    const { GetCallerIdentityCommand, STSClient } = await import('@aws-sdk/client-sts');
    const sts = await this.#client<STSClient>('sts', async (config) => new STSClient(config));
    try {
      const { Account = '', Arn = '' } = await sts.send(new GetCallerIdentityCommand({}));
      return { account: Account, arn: Arn };
    } catch (error) {
      throw awsError(error, `asking who ${this.#who()} is`, this.target.profile);
    }
  }

  /** Throws AWS_ACCOUNT_MISMATCH if the identity is not of the account that the file names. */
  async requireAccount(cluster: string, wanted: string | undefined): Promise<Identity> {
    const identity = await this.identity();
    if (wanted !== undefined && identity.account !== wanted)
      throw new IsthmusError(
        'AWS_ACCOUNT_MISMATCH',
        `cluster ${cluster} belongs to account ${wanted}, but ${this.#who()} is of account ${identity.account}`,
        { hint: `set the cluster’s \`profile\` to one of account ${wanted}, or correct \`account\`` },
      );
    return identity;
  }

  #who(): string {
    const { profile } = this.target;
    return profile === undefined ? 'the default AWS identity' : `profile ${profile}`;
  }

  #client<T extends InterruptibleClient>(
    name: string,
    make: (config: ClientConfig) => Promise<T>,
  ): Promise<T> {
    const known =
      this.#clients.get(name) ??
      this.#config.then(make).then((client) => interruptibleClient(client, this.signal));
    this.#clients.set(name, known);
    return known as Promise<T>;
  }
}
