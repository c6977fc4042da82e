import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Profile } from './profiles.ts';
import type { AwsCredentials } from './target.ts';

/**
 * What the aws CLI keeps of a role that it assumed, with a code or without: a file named by the hash of what it asked
 * STS for (botocore/credentials.py, AssumeRoleCredentialFetcher). Undefined if there is none.
 */
export async function sessionOfCli(role: Profile): Promise<AwsCredentials | undefined> {
  const hash = createHash('sha1').update(askedByCli(role)).digest('hex');
  const text = await readFile(join(homedir(), '.aws', 'cli', 'cache', `${hash}.json`), 'utf8').catch(absent);
  return text === undefined ? undefined : credentialsIn(text);
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}

/** As Python's json.dumps writes it, keys in order. */
function askedByCli(profile: Profile): string {
  const seconds = Number(profile['duration_seconds']);
  const asked: [string, string | undefined][] = [
    ['DurationSeconds', Number.isInteger(seconds) ? String(seconds) : undefined],
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
