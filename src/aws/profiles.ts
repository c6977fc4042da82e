/** The settings of one profile, by their names in the files. */
export type Profile = Readonly<Record<string, string | undefined>>;

/** The profiles of AWS's files, as they are now; none where there are no files. */
export async function profiles(): Promise<Record<string, Profile>> {
  const { parseKnownFiles } = await import('@smithy/core/config');
  return parseKnownFiles({ ignoreCache: true });
}

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
  return profileOfEnvironment(env);
}

/** As botocore's configprovider.py has it, AWS_DEFAULT_PROFILE goes first. Undefined if neither is set. */
export const namedByEnvironment = (env: NodeJS.ProcessEnv): string | undefined =>
  env['AWS_DEFAULT_PROFILE'] || env['AWS_PROFILE'] || undefined;

export const profileOfEnvironment = (env: NodeJS.ProcessEnv): string => namedByEnvironment(env) ?? 'default';

/** What says in the environment who somebody is to AWS, or by whom that is to be asked. */
const telling = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_PROFILE',
  'AWS_DEFAULT_PROFILE',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
];
/** The same in a profile; a region or an output format says nothing of it. */
const tellingSetting = /^(aws_access_key_id|role_arn|sso_|credential_|web_identity_|login_session)/;

/**
 * Is there anything that says who somebody is to AWS, whether or not it can be used now? A stranger, of whom nothing
 * can be there yet, has neither keys nor a profile.
 */
export async function isConfigured(
  profile: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): Promise<boolean> {
  if (profile !== undefined || telling.some((name) => env[name])) return true;
  const settings = Object.values(await profiles()).flatMap((one) => Object.keys(one));
  return settings.some((name) => tellingSetting.test(name));
}

/** A profile that assumes a role. */
export interface RoleProfile {
  readonly name: string;
  readonly settings: Profile;
}

/**
 * A profile that assumes a role, then its source if that assumes one too, and so on; empty for any other profile. A
 * source with keys of its own is taken by these, as the SDK and the aws CLI do.
 */
export async function roleChain(profile: string): Promise<RoleProfile[]> {
  const known = await profiles();
  const chain: RoleProfile[] = [];
  for (let name: string | undefined = profile; name !== undefined; ) {
    const settings: Profile = known[name] ?? {};
    const visited = chain.some((one) => one.name === name);
    if (visited || !assumesRole(settings) || (chain.length > 0 && hasKeys(settings))) break;
    chain.push({ name, settings });
    name = settings['source_profile'];
  }
  return chain;
}

/** Without either of these it is a role of web identity. */
const assumesRole = (settings: Profile): boolean =>
  Boolean(settings['role_arn'] && (settings['source_profile'] || settings['credential_source']));

const hasKeys = (settings: Profile): boolean =>
  Boolean(settings['aws_access_key_id'] && settings['aws_secret_access_key']);
