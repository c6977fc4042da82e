import { awsError } from './aws-error.ts';
import { sessionOfCli } from './cli-sessions.ts';
import { type Profile, profileOf, type RoleProfile, roleChain } from './profiles.ts';
import { type RequestHandling, requestHandling } from './requests.ts';
import { silentLogger } from './sdk-warning.ts';
import type { AwsCredentials, AwsTarget } from './target.ts';

/** What a profile wants besides its keys. */
export interface SecondFactor {
  readonly profile: string;
  /** ARN or serial number of the device that shows the codes. */
  readonly device: string;
}

type AskCode = (factor: SecondFactor) => Promise<string>;

/** A session with less time than this left is over. Milliseconds. */
const marginMs = 60_000;

/** Sessions that a code opened in this process, by profile. No code opens two. */
const opened = new Map<string, AwsCredentials>();

/**
 * Open a session for a profile that wants a second factor, itself or by its source, unless one is open already, be it
 * the aws CLI's.
 * @param code asks for the code that a device shows now
 * Throws AWS_REFUSED for a wrong code, AWS_CREDENTIALS_MISSING, and what `code` throws.
 */
export async function signInWithCode({ region, profile }: AwsTarget, code: AskCode): Promise<void> {
  const name = profileOf(profile);
  const chain = name === undefined ? [] : await roleChain(name);
  if (name === undefined || !wantsCode(chain) || (await hasSession(chain))) return;
  try {
    await assume(chain, { region, requestHandler: await requestHandling({ profile }), code });
  } catch (error) {
    throw awsError(error, `signing in as profile ${name} with a code`, name);
  }
}

/**
 * The session of a profile that wants a second factor, itself or by its source, opened by this process or the aws
 * CLI; undefined if there is none.
 */
export async function sessionOf(profile: string): Promise<AwsCredentials | undefined> {
  const [role, ...sources] = await roleChain(profile);
  return role && wantsCode([role, ...sources]) ? openSession(role) : undefined;
}

/**
 * The role of a profile that wants a second factor, itself or by its source, by whatever session is open; undefined
 * for any other profile. Throws the SDK's error with the profile whose code is missing, and what STS says.
 */
export async function assumedBySession(profile: string, region: string): Promise<AwsCredentials | undefined> {
  const chain = await roleChain(profile);
  if (!wantsCode(chain)) return undefined;
  return assume(chain, { region, requestHandler: await requestHandling({ profile }) });
}

/** Can the first role be had by the open session of one that wants a code, without another code? */
async function hasSession(chain: readonly RoleProfile[]): Promise<boolean> {
  const [role, ...sources] = chain;
  if (!role || !wantsCode(chain)) return false;
  if (await openSession(role)) return true;
  return !role.settings['mfa_serial'] && hasSession(sources);
}

const wantsCode = (chain: readonly RoleProfile[]): boolean =>
  chain.some(({ settings }) => settings['mfa_serial']);

async function openSession({ name, settings }: RoleProfile): Promise<AwsCredentials | undefined> {
  const sessions = [opened.get(name), await sessionOfCli(settings)];
  return sessions.find((one) => one && isOpen(one));
}

const isOpen = ({ expiration }: AwsCredentials): boolean =>
  (expiration?.getTime() ?? 0) - Date.now() > marginMs;

interface Assuming {
  readonly region: string;
  /** Of the profile that is used, also for what it assumes on the way. */
  readonly requestHandler: RequestHandling;
  readonly code?: AskCode;
}

/** Assume the first role of a chain by the nearest one whose session is open, and ask for the codes on the way. */
async function assume(chain: readonly RoleProfile[], options: Assuming): Promise<AwsCredentials | undefined> {
  const [role, ...sources] = chain;
  if (!role) return undefined;
  const open = wantsCode(chain) ? await openSession(role) : undefined;
  if (open) return open;
  if (role.settings['mfa_serial'] && !options.code) throw await codeMissing(role);
  const made = await assumeOne(role, await assume(sources, options), options);
  if (wantsCode(chain)) opened.set(role.name, made);
  return made;
}

/** The SDK itself throws it behind the caller's back where a source wants a code as well. */
async function codeMissing({ name }: RoleProfile): Promise<Error> {
  const { CredentialsProviderError } = await import('@smithy/core/config');
  return new CredentialsProviderError(`Profile ${name} requires multi-factor authentication`);
}

/** The SDK finds the source by itself where it is no role. */
async function assumeOne(
  { name, settings }: RoleProfile,
  source: AwsCredentials | undefined,
  { region, requestHandler, code }: Assuming,
): Promise<AwsCredentials> {
  const { fromIni, fromTemporaryCredentials } = await import('@aws-sdk/credential-providers');
  const asking = code ? { mfaCodeProvider: (device: string) => code({ profile: name, device }) } : {};
  const common = { logger: silentLogger, ...asking };
  if (!source) return fromIni({ ...common, parentClientConfig: { region, requestHandler }, profile: name })();
  const clientConfig = { region: settings['region'] ?? region, requestHandler };
  const params = askedOf(settings);
  return fromTemporaryCredentials({ ...common, clientConfig, masterCredentials: source, params })();
}

/** What a profile lets STS be asked, as the SDK's own reader of profiles does. */
function askedOf({ role_arn, role_session_name, external_id, duration_seconds, mfa_serial }: Profile) {
  return {
    RoleArn: role_arn,
    ...(role_session_name ? { RoleSessionName: role_session_name } : {}),
    ExternalId: external_id,
    DurationSeconds: Number.parseInt(duration_seconds || '3600', 10),
    SerialNumber: mfa_serial,
  };
}
