import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import type { Emulator } from '../emulator/emulator.ts';
import { region } from './stacks.ts';

/**
 * Whom isthmus acts for in the rehearsal: temporary credentials of one role in the environment, and a
 * profile that assumes another role, with a user's long-lived key as its source.
 */
export interface Identities {
  /** Environment variables of AWS tools. */
  readonly env: Readonly<Record<string, string>>;
  /** ARNs of the roles. */
  readonly environmentRole: string;
  readonly profileRole: string;
  /** Name of the profile. */
  readonly profile: string;
  /** What must never be shown, by what it is. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** Make the identities and the configuration files that name them in a folder. */
export async function makeIdentities(emulator: Emulator, folder: string): Promise<Identities> {
  const user = await emulator.createUser('engineer');
  const own = await emulator.createRole('deployer');
  // The aws CLI keeps an assumed role's credentials by its ARN, also those of an emulator that is gone.
  const other = await emulator.createRole(`operations-${Date.now().toString(36)}`);
  const sts = new STSClient({ endpoint: emulator.url, region, credentials: user });
  const answer = await sts.send(new AssumeRoleCommand({ RoleArn: own.arn, RoleSessionName: 'rehearsal' }));
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = answer.Credentials ?? {};
  const [config, keys] = [join(folder, 'aws-config'), join(folder, 'aws-credentials')];
  await writeFile(config, `[profile operations]\nrole_arn = ${other.arn}\nsource_profile = engineer\n`);
  await writeFile(
    keys,
    `[engineer]\naws_access_key_id = ${user.accessKeyId}\naws_secret_access_key = ${user.secretAccessKey}\n`,
  );
  return {
    env: {
      AWS_ENDPOINT_URL: emulator.url,
      AWS_CONFIG_FILE: config,
      AWS_SHARED_CREDENTIALS_FILE: keys,
      AWS_ACCESS_KEY_ID: AccessKeyId,
      AWS_SECRET_ACCESS_KEY: SecretAccessKey,
      AWS_SESSION_TOKEN: SessionToken,
    },
    environmentRole: own.arn,
    profileRole: other.arn,
    profile: 'operations',
    secrets: {
      'secret access key of the user': user.secretAccessKey,
      'secret access key of the session': SecretAccessKey,
      'session token': SessionToken,
    },
  };
}
