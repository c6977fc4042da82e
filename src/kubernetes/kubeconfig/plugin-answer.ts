import { createSecureContext } from 'node:tls';
import type { IsthmusError } from '../../errors/index.ts';
import { readYaml } from './go-yaml.ts';
import { execCredentialSchema } from './kubeconfig-schema.ts';

/** What a credential plugin gave. */
export interface PluginCredential {
  readonly token?: string | undefined;
  /** PEM. */
  readonly certificate?: string | undefined;
  /** PEM. */
  readonly key?: string | undefined;
  /** Milliseconds since 1970; Infinity where the plugin named no end. */
  readonly endsAt: number;
}

/**
 * A plugin's answer by the rules of client-go's exec authenticator, which reads YAML as well as JSON.
 * @param failed the error to throw, by what the plugin did; it must not be told the answer, which is secret
 */
export function pluginAnswer(
  stdout: string,
  wantedVersion: string,
  failed: (how: string) => IsthmusError,
): PluginCredential {
  const { success, data } = execCredentialSchema.safeParse(readable(stdout, failed));
  if (!success) throw failed('gave an answer that is no ExecCredential');
  const { kind, apiVersion, status } = data;
  if (kind !== 'ExecCredential') throw failed('answered with something else than an ExecCredential');
  if (apiVersion !== wantedVersion)
    throw failed(`answered with apiVersion ${apiVersion} where ${wantedVersion} is configured`);
  const { token, clientCertificateData: certificate, clientKeyData: key } = status ?? {};
  if (!token && !certificate && !key) throw failed('gave neither a token nor a certificate');
  if (!certificate !== !key) throw failed('gave a certificate or a key without the other');
  if (certificate && key && !isPair(certificate, key))
    throw failed('gave a certificate and key that cannot be used');
  const ends = status?.expirationTimestamp;
  return {
    token: token || undefined,
    certificate: certificate || undefined,
    key: key || undefined,
    endsAt: ends ? Date.parse(ends) : Number.POSITIVE_INFINITY,
  };
}

function readable(stdout: string, failed: (how: string) => IsthmusError): unknown {
  try {
    return readYaml(stdout) ?? {};
  } catch {
    throw failed('gave an answer that is neither JSON nor YAML');
  }
}

function isPair(cert: string, key: string): boolean {
  try {
    createSecureContext({ cert, key });
    return true;
  } catch {
    return false;
  }
}
