import type { CallOptions, Secret } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { istioNamespaceOf } from '../../topology/index.ts';
import { distributedRoots } from '../observe/istiod.ts';
import { istiodRevisions, istioOf } from '../observe/mesh-config.ts';
import { readAuthority } from './plugged-authority.ts';

/**
 * Where a cluster's istiod has its authority from: the Secret `cacerts`; `own`, a root that it made
 * itself; `external`, somebody else who signs in its place; or `none` that a restart would find.
 */
export interface AuthoritySource {
  readonly kind: 'cacerts' | 'own' | 'external' | 'none';
  /** Where the roots were read, as problems name objects. */
  readonly object: string;
  /** The four keys of `cacerts`, decoded; undefined for other kinds. */
  readonly data?: Readonly<Record<string, string>> | undefined;
  /** PEM roots of the source; may be empty or not PEM at all. */
  readonly rootsPem: string;
}

/** Find out who signs in a cluster. Throws what the API server throws. */
export async function authoritySource(
  cluster: MeshCluster,
  { signal }: CallOptions = {},
): Promise<AuthoritySource> {
  const data = await readAuthority(cluster, signal);
  const namespace = istioNamespaceOf(cluster.spec);
  if (data) return { ...plugged(data), object: `Secret ${namespace}/cacerts` };
  const [revisions, own, handedOut] = await Promise.all([
    istiodRevisions(istioOf(cluster), { signal }),
    ownAuthority(cluster, signal),
    distributedRoots(cluster, { signal }),
  ]);
  const map = { object: `ConfigMap ${namespace}/istio-ca-root-cert`, rootsPem: handedOut };
  if (revisions.some(({ environment }) => signsElsewhere(environment))) return { kind: 'external', ...map };
  if (!own) return { kind: 'none', ...map };
  const decode = (key: string) => Buffer.from(own[key] ?? '', 'base64').toString('utf8');
  const rootsPem = decode('root-cert.pem') || decode('ca-cert.pem');
  return { kind: 'own', object: `Secret ${namespace}/istio-ca-secret`, rootsPem };
}

const signsElsewhere = (environment: Readonly<Record<string, string>>): boolean =>
  environment['ENABLE_CA_SERVER'] === 'false' ||
  Boolean(environment['EXTERNAL_CA']) ||
  environment['ROOT_CA_DIR'] !== undefined;

/** istiod also reads a Secret of type kubernetes.io/tls, as cert-manager writes it. */
function plugged(data: Readonly<Record<string, string>>): Omit<AuthoritySource, 'object'> {
  const { 'tls.crt': chain, 'tls.key': key, 'ca.crt': root = '' } = data;
  const four =
    chain && key && !data['ca-cert.pem']
      ? { 'ca-cert.pem': chain, 'ca-key.pem': key, 'cert-chain.pem': chain, 'root-cert.pem': root }
      : data;
  return {
    kind: 'cacerts',
    data: four,
    rootsPem: four['root-cert.pem'] ?? '',
  };
}

/** What istiod keeps of a root that it made; values in base64. */
async function ownAuthority(
  { kube, spec }: MeshCluster,
  signal: AbortSignal | undefined,
): Promise<Readonly<Record<string, string>> | undefined> {
  const ref = {
    apiVersion: 'v1',
    kind: 'Secret',
    namespace: istioNamespaceOf(spec),
    name: 'istio-ca-secret',
  };
  const found = await kube.get<Secret>(ref, { signal });
  return found && (found.data ?? {});
}
