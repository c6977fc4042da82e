import { readFile } from 'node:fs/promises';
import { IsthmusError, messageOf } from '../errors/index.ts';
import { profileOfEnvironment, profiles } from './profiles.ts';

/** A PEM file with the authorities to trust instead of the usual ones, and who named it. */
export interface Authorities {
  readonly path: string;
  readonly pem: string;
}

/**
 * The authorities by which AWS is verified, in the order of the aws CLI: AWS_CA_BUNDLE, `ca_bundle` of the profile that
 * is taken, also where its keys are not, and REQUESTS_CA_BUNDLE (botocore/configprovider.py, botocore/endpoint.py).
 * Undefined for the usual ones. Throws AWS_REFUSED if the file cannot be read.
 */
export async function awsAuthorities(
  profile: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Authorities | undefined> {
  const { path, by } = await bundleOf(profile, env);
  if (!path) return undefined;
  try {
    return { path, pem: await readFile(path, 'utf8') };
  } catch (error) {
    throw new IsthmusError('AWS_REFUSED', `${by} ${path} cannot be read: ${messageOf(error)}`, {
      hint: `set ${by} to a PEM file with the authorities to trust, or unset it`,
    });
  }
}

async function bundleOf(profile: string | undefined, env: NodeJS.ProcessEnv) {
  const stated = env['AWS_CA_BUNDLE'];
  if (stated) return { path: stated, by: 'AWS_CA_BUNDLE' };
  const name = profile ?? profileOfEnvironment(env);
  const own = (await profiles())[name]?.['ca_bundle'];
  if (own) return { path: own, by: `ca_bundle of AWS profile ${name}` };
  return { path: env['REQUESTS_CA_BUNDLE'], by: 'REQUESTS_CA_BUNDLE' };
}
