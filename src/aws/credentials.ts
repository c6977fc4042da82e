import { requestHandling } from './requests.ts';
import { silenceSdkWarning } from './sdk-warning.ts';

/** What the SDK signs with; never shown or stored. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}
export type CredentialSource = () => Promise<AwsCredentials>;

/** One region as one identity sees it. */
export interface AwsTarget {
  readonly region: string;
  readonly profile: string | undefined;
}

/** The SDK asks for new credentials this long before the old ones end. Milliseconds. */
const refreshMs = 300_000;

/**
 * Credentials the way the aws CLI finds them: environment, profile, SSO, assumed role, container,
 * instance. A profile that is named is taken alone: another identity never stands in for it.
 */
export async function credentialsOf({ region, profile }: AwsTarget): Promise<CredentialSource> {
  silenceSdkWarning();
  const { fromIni, fromNodeProviderChain } = await import('@aws-sdk/credential-providers');
  // As the parent's, the region is for STS alone; as the client's it would also replace the SSO session's.
  const parentClientConfig = { region, requestHandler: requestHandling() };
  const common = { parentClientConfig, logger: silentLogger };
  return profile === undefined ? fromNodeProviderChain(common) : kept(fromIni({ ...common, profile }));
}

/** The SDK's advice goes to the console otherwise. */
const silentLogger = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/** The same credentials until shortly before they end, however many clients ask. */
function kept(source: CredentialSource): CredentialSource {
  let known: Promise<AwsCredentials> | undefined;
  return async () => {
    const before = await known;
    if (before && (before.expiration?.getTime() ?? Number.POSITIVE_INFINITY) - Date.now() > refreshMs)
      return before;
    const asking = source();
    known = asking;
    asking.catch(() => {
      if (known === asking) known = undefined;
    });
    return asking;
  };
}
