import { IsthmusError, isIsthmusError, messageOf } from '../errors/index.ts';
import { redact } from '../report/index.ts';
import { denialRemedy } from './denials.ts';
import { namedByEnvironment } from './profiles.ts';

/** Names of errors that the SDK throws when it finds no usable credentials on this machine. */
const signInNames =
  /^(CredentialsProviderError|TokenProviderError|ExpiredToken(Exception)?|RequestExpired|UnrecognizedClientException|InvalidClientTokenId|InvalidIdentityToken(Exception)?|AuthFailure|ProcessProviderError)$/;
const refusalNames = /AccessDenied|UnauthorizedOperation|NotAuthorized|Forbidden/;
const networkNames = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNRESET|TimeoutError|NetworkingError/;

/**
 * An AWS SDK error as one of ours. The SDK's own error holds the request with its signature, so it is
 * never kept as the cause; messages about signatures quote the request and are not repeated.
 * @param profile whose credentials were used, for the hint
 */
export function awsError(error: unknown, doing: string, profile?: string): IsthmusError {
  if (isIsthmusError(error)) return error;
  const name = nameOf(error);
  if (name === 'AbortError') return new IsthmusError('INTERRUPTED', `interrupted while ${doing}`);
  if (/Signature/.test(name))
    return new IsthmusError('AWS_REFUSED', `AWS did not accept the signature while ${doing} (${name})`, {
      hint: 'check the clock of this machine and the secret access key',
    });
  const said = wordsOf(error);
  if (signInNames.test(name)) return remembered(noCredentials(`${doing}: ${said}`, profile), error);
  const refused = new IsthmusError('AWS_REFUSED', `AWS failed while ${doing}: ${name}: ${said}`, {
    hint: hintFor(name, said),
  });
  return remembered(refused, error);
}

/** One line without what the SDK, or toolkit-lib for terminals, puts around it. */
function wordsOf(error: unknown): string {
  return redact(messageOf(error))
    .replace(/^\s*❌\s*\S+ failed:\s*/u, '')
    .replaceAll(/\s+/g, ' ')
    .replace(/\.$/, '');
}

/** No usable credentials for a profile or at all. */
function noCredentials(detail: string, profile?: string): IsthmusError {
  const named = profile ?? namedByEnvironment(process.env);
  const signIn = `aws sso login${named ? ` --profile ${named}` : ''}`;
  if (/multi-factor authentication/.test(detail)) return noCode(detail, profile);
  return new IsthmusError('AWS_CREDENTIALS_MISSING', `no usable AWS credentials while ${detail}`, {
    hint: /\bSSO\b/i.test(detail)
      ? `run \`${signIn}\``
      : `sign in (for instance \`${signIn}\`), or set AWS_PROFILE or the cluster’s \`profile\``,
  });
}

/**
 * The SDK names the profile that wants the code, which may be the source of the one that is used: a session of either
 * will do.
 */
function noCode(detail: string, profile?: string): IsthmusError {
  const wanting = /Profile (\S+) requires multi-factor/.exec(detail)?.[1];
  const named = profile ?? wanting ?? namedByEnvironment(process.env);
  return new IsthmusError('AWS_CREDENTIALS_MISSING', `no usable AWS credentials while ${detail}`, {
    hint: `run the command on a terminal, where it asks for the code, or first \`aws sts get-caller-identity${named ? ` --profile ${named}` : ''}\`: the session that the aws CLI opens counts here as well`,
  });
}

/** What the SDK's error said by more than its words. */
function remembered(made: IsthmusError, error: unknown): IsthmusError {
  if (isMissing(error)) saidMissing.add(made);
  if (isTransient(error)) transient.add(made);
  return made;
}

/** Errors of ours that were made of one that time may mend. */
const transient = new WeakSet<Error>();
const throttleNames = /Throttl|RequestLimit|TooManyRequests|SlowDown|LimitExceededException/;
const renewedNames = /^(ExpiredToken(Exception)?|RequestExpired)$/;

/**
 * May the same call succeed a moment later, as it stands? Throttling, a name server or line that fails,
 * an answer of 5xx, and credentials that ended while new ones are on their way.
 */
export function isTransient(error: unknown): boolean {
  if (isIsthmusError(error)) return transient.has(error);
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  const name = nameOf(error);
  if (($metadata?.httpStatusCode ?? 0) >= 500) return true;
  return [networkNames, throttleNames, renewedNames].some((names) => names.test(name));
}

/** Errors of ours that were made of one by which AWS said that a thing does not exist. */
const saidMissing = new WeakSet<Error>();

/**
 * Did AWS itself answer that the thing asked for does not exist? Only an HTTP answer counts: a name server
 * that does not know the host says ENOTFOUND, and nothing about the thing. CloudFormation has no name of
 * its own for it; the others end theirs in NotFound or NotFoundException.
 */
export function isMissing(error: unknown): boolean {
  if (isIsthmusError(error)) return saidMissing.has(error);
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode ?? 0;
  if (status < 400 || status >= 500) return false;
  const name = nameOf(error);
  if (name === 'ValidationError') return / does not exist/.test(messageOf(error));
  return /(^|[a-z.])NotFound(Exception)?$/.test(name);
}

export function nameOf(error: unknown): string {
  const { name, code, Code } = error as { name?: string; code?: string; Code?: string };
  return Code ?? (name && name !== 'Error' ? name : undefined) ?? code ?? 'Error';
}

function hintFor(name: string, said: string): string {
  if (/MultiFactorAuthentication failed/.test(said))
    return 'run the command again with the code that the device shows then; a code is good for one session';
  if (refusalNames.test(name))
    return denialRemedy(said) ?? 'give this identity the policy that `isthmus plan` shows';
  if (networkNames.test(name))
    return 'check the network, HTTPS_PROXY and NO_PROXY, the region’s name and AWS_ENDPOINT_URL';
  if (/Throttl|RequestLimit|TooManyRequests/.test(name)) return 'run the command again in a minute';
  return 'look at the message; the command may be run again safely';
}
