import { IsthmusError } from '../../errors/index.ts';
import type { CallOptions } from '../../kubernetes/index.ts';
import { certificateBlocks, inspect } from '../../pki/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { PodRef } from '../observe/pod-command.ts';
import { proxyAdmin } from '../observe/proxy.ts';

/** Identity certificate of a proxy and the roots it trusts, as Envoy has them loaded. */
export interface ProxyCertificates {
  /** SPIFFE URI. */
  readonly identity: string;
  /** Lower-case hexadecimal serial of the leaf. */
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** RFC 4514 style issuer of the leaf. */
  readonly issuer: string;
  /** Leaf and intermediates as PEM, leaf first. */
  readonly chainPem: string;
  /** Trusted roots as PEM, one string per certificate. */
  readonly roots: readonly string[];
  /** When Envoy last loaded the leaf. */
  readonly leafUpdated: Date | undefined;
  /** When Envoy last loaded the roots. */
  readonly rootsUpdated: Date | undefined;
}

interface DynamicSecret {
  readonly name: string;
  readonly last_updated?: string;
  readonly secret?: {
    readonly tls_certificate?: { readonly certificate_chain?: DataSource };
    readonly validation_context?: { readonly trusted_ca?: DataSource };
  };
}

interface DataSource {
  readonly inline_bytes?: string;
  readonly inline_string?: string;
}

export interface SecretsAnswer {
  readonly configs?: readonly DynamicSecret[];
}

/**
 * The certificates that a live proxy has loaded. Envoy redacts private keys in this dump, never
 * certificates. PROCESS_FAILED if the proxy holds none yet.
 */
export async function proxyCertificates(
  cluster: MeshCluster,
  pod: PodRef,
  options: CallOptions = {},
): Promise<ProxyCertificates> {
  const path = 'config_dump?resource=dynamic_active_secrets';
  const answer = await proxyAdmin(cluster, pod, { path, ...options });
  const found = parseSecrets(answer as SecretsAnswer);
  if (found) return found;
  throw new IsthmusError(
    'PROCESS_FAILED',
    `the proxy of ${pod.namespace}/${pod.name} of ${cluster.spec.name} holds no certificate`,
    { hint: 'its istiod did not sign one yet: look at the istio-proxy container’s log' },
  );
}

/** Envoy's secrets as certificates; undefined without a workload certificate. */
export function parseSecrets(answer: SecretsAnswer): ProxyCertificates | undefined {
  const named = (name: string) => answer.configs?.find((one) => one.name === name);
  const workload = named('default');
  const chain = pemOf(workload?.secret?.tls_certificate?.certificate_chain);
  const [leafPem] = certificateBlocks(chain);
  if (!leafPem) return undefined;
  const leaf = inspect(leafPem);
  const trust = named('ROOTCA');
  return {
    identity: leaf.uris[0] ?? '',
    serial: leaf.serial,
    notBefore: leaf.notBefore,
    notAfter: leaf.notAfter,
    issuer: leaf.issuer,
    chainPem: certificateBlocks(chain).join(''),
    roots: certificateBlocks(pemOf(trust?.secret?.validation_context?.trusted_ca)),
    leafUpdated: dateOf(workload?.last_updated),
    rootsUpdated: dateOf(trust?.last_updated),
  };
}

function pemOf(source: DataSource | undefined): string {
  if (source?.inline_string) return source.inline_string;
  return Buffer.from(source?.inline_bytes ?? '', 'base64').toString('utf8');
}

const dateOf = (text: string | undefined) => (text ? new Date(text) : undefined);
