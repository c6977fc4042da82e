import { profileOf } from './profiles.ts';
import { requestHandling } from './requests.ts';
import { silenceSdkWarning, silentLogger } from './sdk-warning.ts';
import { assumedBySession, sessionOf } from './second-factor.ts';
import type { AwsCredentials, AwsTarget, CredentialSource } from './target.ts';

/** The SDK asks for new credentials this long before the old ones end. Milliseconds. */
const refreshMs = 300_000;

/**
 * Credentials the way the aws CLI finds them: environment, profile, SSO, assumed role, container,
 * instance. A profile that is named is taken alone: another identity never stands in for it. Where it, or its source,
 * wants a second factor, the session counts that a code opened before: nobody is asked here.
 */
export async function credentialsOf({ region, profile }: AwsTarget): Promise<CredentialSource> {
  silenceSdkWarning();
  const { fromEnv, fromIni, fromNodeProviderChain } = await import('@aws-sdk/credential-providers');
  // As the parent's, the region is for STS alone; as the client's it would also replace the SSO session's.
  const parentClientConfig = { region, requestHandler: await requestHandling({ profile }) };
  const common = { parentClientConfig, logger: silentLogger };
  const name = profileOf(profile);
  // The SDK would let AWS_PROFILE go before keys in the environment.
  if (name === undefined) return fromEnv(common);
  // Nor does it know AWS_DEFAULT_PROFILE; and one that nobody names need not be there.
  const isNamed = name !== 'default' || Boolean(process.env['AWS_PROFILE']);
  const named = isNamed ? { ...common, profile: name } : common;
  const found = profile === undefined ? fromNodeProviderChain(named) : fromIni({ ...common, profile });
  const source = kept(async () => (await assumedBySession(name, region)) ?? found());
  return async () => (await sessionOf(name)) ?? source();
}

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
