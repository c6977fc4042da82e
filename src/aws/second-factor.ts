import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { awsError } from './aws-error.ts';
import { type Profile, profiles } from './profiles.ts';
import { requestHandling } from './requests.ts';
import { silentLogger } from './sdk-warning.ts';
import type { AwsCredentials, AwsTarget } from './target.ts';

/** What a profile wants besides its keys. */
export interface SecondFactor {
  readonly profile: string;
  /** ARN or serial number of the device that shows the codes. */
  readonly device: string;
}

/** A session with less time than this left is over. Milliseconds. */
const marginMs = 60_000;

/** Sessions that a code opened in this process, by profile. No code opens two. */
const opened = new Map<string, AwsCredentials>();

/**
 * The profile that is taken where `profile` is named, or none is: as the aws CLI has it, keys in the environment
 * go before AWS_PROFILE, not before a profile that is named. Undefined if none is.
 */
export function profileOf(
  profile: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): string | undefined {
  if (profile !== undefined) return profile;
  if (env['AWS_ACCESS_KEY_ID'] && env['AWS_SECRET_ACCESS_KEY']) return undefined;
  return env['AWS_PROFILE'] || env['AWS_DEFAULT_PROFILE'] || 'default';
}

/**
 * Open a session for a profile that wants a second factor, unless one is open already, be it the aws CLI's.
 * @param code asks for the code that a device shows now
 * Throws AWS_REFUSED for a wrong code, AWS_CREDENTIALS_MISSING, and what `code` throws.
 */
export async function signInWithCode(
  { region, profile }: AwsTarget,
  code: (factor: SecondFactor) => Promise<string>,
): Promise<void> {
  const name = profileOf(profile);
  if (name === undefined || !(await wantsCode(name)) || (await sessionOf(name))) return;
  const { fromIni } = await import('@aws-sdk/credential-providers');
  const parentClientConfig = { region, requestHandler: await requestHandling({ profile }) };
  const mfaCodeProvider = (device: string) => code({ profile: name, device });
  try {
    const open = fromIni({ parentClientConfig, logger: silentLogger, profile: name, mfaCodeProvider });
    opened.set(name, await open());
  } catch (error) {
    throw awsError(error, `signing in as profile ${name} with a code`, name);
  }
}

/** The session that a code opened for a profile, by this process or the aws CLI; undefined if there is none. */
export async function sessionOf(profile: string): Promise<AwsCredentials | undefined> {
  const own = opened.get(profile);
  if (own && isOpen(own)) return own;
  const kept = await sessionOfCli((await profiles())[profile] ?? {});
  return kept && isOpen(kept) ? kept : undefined;
}

const isOpen = ({ expiration }: AwsCredentials): boolean =>
  (expiration?.getTime() ?? 0) - Date.now() > marginMs;

/** A role that wants a code, or one whose source profile does. */
async function wantsCode(profile: string): Promise<boolean> {
  const known = await profiles();
  const visited = new Set<string>();
  for (
    let name: string | undefined = profile;
    name && !visited.has(name);
    name = known[name]?.['source_profile']
  ) {
    visited.add(name);
    if (known[name]?.['role_arn'] && known[name]?.['mfa_serial']) return true;
  }
  return false;
}

/**
 * What the aws CLI keeps of a role that it assumed with a code: a file named by the hash of what it asked STS for
 * (botocore/credentials.py, AssumeRoleCredentialFetcher).
 */
async function sessionOfCli(profile: Profile): Promise<AwsCredentials | undefined> {
  if (!profile['role_arn'] || !profile['mfa_serial']) return undefined;
  const hash = createHash('sha1').update(askedByCli(profile)).digest('hex');
  const text = await readFile(join(homedir(), '.aws', 'cli', 'cache', `${hash}.json`), 'utf8').catch(absent);
  return text === undefined ? undefined : credentialsIn(text);
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}

/** As Python's json.dumps writes it, keys in order. */
function askedByCli(profile: Profile): string {
  const seconds = profile['duration_seconds'];
  const asked: [string, string | undefined][] = [
    ['DurationSeconds', seconds && String(Number(seconds))],
    ['ExternalId', quoted(profile['external_id'])],
    ['RoleArn', quoted(profile['role_arn'])],
    ['RoleSessionName', quoted(profile['role_session_name'])],
    ['SerialNumber', quoted(profile['mfa_serial'])],
  ];
  return `{${asked.flatMap(([key, value]) => (value ? [`"${key}": ${value}`] : [])).join(', ')}}`;
}

const quoted = (text: string | undefined): string | undefined => (text ? JSON.stringify(text) : undefined);

/** Undefined where the file is not what it should be, or is being written. */
function credentialsIn(text: string): AwsCredentials | undefined {
  try {
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = JSON.parse(text).Credentials;
    const expiration = new Date(Expiration.replace(/UTC$/, 'Z'));
    return {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
      expiration,
    };
  } catch {
    return undefined;
  }
}
