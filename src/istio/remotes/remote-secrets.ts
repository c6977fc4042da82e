import pLimit from 'p-limit';
import { type KubeObject, type ObjectChange, refOf, type Secret } from '../../kubernetes/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { note, type Reporter, span } from '../../report/index.ts';
import type { Topology } from '../../topology/index.ts';
import { SYSTEM_NAMESPACE } from '../names.ts';
import { bindingRef, HOLDER_LABEL, isAccepted, issueToken } from './remote-access.ts';
import { parseRemoteKubeconfig, remoteKubeconfig, type TokenLife, tokenLife } from './remote-kubeconfig.ts';

export interface RemoteSecretsOptions {
  readonly topology: Topology;
  /** Those that can be reached; secrets are exchanged among them. */
  readonly clusters: readonly MeshCluster[];
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** Change nothing and say what would change. */
  readonly dryRun?: boolean | undefined;
  /** Issue every token anew whatever its state. */
  readonly renewAll?: boolean | undefined;
}

/** In this cluster's istio-system there is access to that one's API server. */
interface SecretPair {
  readonly holder: MeshCluster;
  readonly target: MeshCluster;
}

const EXPIRES = 'isthmus.io/token-expires';
const ISSUED = 'isthmus.io/token-issued';
const MULTI_CLUSTER = 'istio/multiCluster=true,app.kubernetes.io/managed-by=isthmus';

/** Name of the Secret by which istiod reaches a peer. */
export const remoteSecretName = (peer: string) => `istio-remote-secret-${peer}`;

/**
 * Give every cluster's istiod a token for every other cluster's API server. A Secret stays as it is
 * while its address and authority are right, over a third of its token's life is left and its
 * target still takes the token. Secrets for clusters that the file no longer has are removed, if
 * isthmus made them.
 */
export async function ensureRemoteSecrets(options: RemoteSecretsOptions): Promise<ObjectChange[]> {
  const { clusters } = options;
  // API servers throttle a client that asks for hundreds of tokens at once.
  const limit = pLimit(16);
  const pairs = clusters.flatMap((holder) =>
    clusters.filter((target) => target !== holder).map((target): SecretPair => ({ holder, target })),
  );
  const ensured = await Promise.all(pairs.map((pair) => limit(() => ensurePair(options, pair))));
  const removed = await Promise.all(clusters.map((cluster) => limit(() => removeStale(options, cluster))));
  return [...ensured, ...removed.flat()];
}

async function ensurePair(options: RemoteSecretsOptions, pair: SecretPair): Promise<ObjectChange> {
  const { holder, target } = pair;
  const title = `access to ${target.spec.name}`;
  return span(options.reporter, { title, cluster: holder.spec.name }, async (handle) => {
    const existing = await readSecret(pair, options.signal);
    const reason = options.renewAll ? 'every token is renewed' : await reasonToRenew(options, pair, existing);
    if (!reason) {
      handle.ends('unchanged');
      return changeOf(pair, 'none', []);
    }
    if (options.dryRun) return changeOf(pair, existing ? 'update' : 'create', existing ? [reason] : []);
    return renew(options, pair);
  });
}

async function readSecret({ holder, target }: SecretPair, signal: AbortSignal): Promise<Secret | undefined> {
  const ref = {
    apiVersion: 'v1',
    kind: 'Secret',
    namespace: SYSTEM_NAMESPACE,
    name: remoteSecretName(target.spec.name),
  };
  return holder.kube.get<Secret>(ref, { signal });
}

async function reasonToRenew(
  { signal }: RemoteSecretsOptions,
  { holder, target }: SecretPair,
  existing: Secret | undefined,
): Promise<string | undefined> {
  if (!existing) return `${holder.spec.name} has no access to ${target.spec.name} yet`;
  if (existing.metadata?.labels?.['istio/multiCluster'] !== 'true')
    return 'its label istio/multiCluster is missing, so istiod ignores it';
  const text = Buffer.from(existing.data?.[target.spec.name] ?? '', 'base64').toString('utf8');
  const access = parseRemoteKubeconfig(text);
  if (!access) return 'its kubeconfig is missing or broken';
  const { apiServerForPeers, certificateAuthority } = target.kube.connection;
  if (access.server !== apiServerForPeers) return `address ${access.server} → ${apiServerForPeers}`;
  if (access.certificateAuthority.trim() !== (certificateAuthority ?? '').trim())
    return 'the API server has another certificate authority';
  const life = tokenLife(access.token);
  if (!life) return 'its token has no end';
  if (isDue(life)) return `its token ends on ${life.expires.toISOString()}`;
  if (!(await isAccepted(target, access.token, signal)))
    return `${target.spec.name} does not accept its token`;
  return undefined;
}

/** Under a third of the life that it was given is left. */
export function isDue({ issued, expires }: TokenLife, now = new Date()): boolean {
  return expires.getTime() - now.getTime() < (expires.getTime() - issued.getTime()) / 3;
}

async function renew(options: RemoteSecretsOptions, pair: SecretPair): Promise<ObjectChange> {
  const { topology, reporter, signal } = options;
  const { holder, target } = pair;
  const days = topology.istio.remoteSecretDays;
  const { token, life } = await issueToken(target, holder.spec.name, { days, signal });
  warnIfShort(reporter, pair, { life, days });
  const { change } = await holder.kube.apply(secretOf(pair, token, life), { signal });
  return change;
}

function warnIfShort(
  reporter: Reporter,
  { target }: SecretPair,
  { life, days }: { life: TokenLife; days: number },
) {
  const granted = (life.expires.getTime() - life.issued.getTime()) / 86_400_000;
  if (granted >= days * 0.9) return;
  const name = target.spec.name;
  const message = `${name} granted its readers ${granted.toFixed(1)} of the ${days} days asked for; run isthmus up before ${life.expires.toISOString()}`;
  note(reporter, 'warn', 'TOKEN_SHORTENED', message, { cluster: name });
}

function secretOf({ target }: SecretPair, token: string, life: TokenLife): KubeObject {
  const name = target.spec.name;
  const kubeconfig = remoteKubeconfig({ ...target.kube.connection, cluster: name }, token);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: remoteSecretName(name),
      namespace: SYSTEM_NAMESPACE,
      labels: { 'istio/multiCluster': 'true', 'app.kubernetes.io/managed-by': 'isthmus' },
      annotations: {
        'networking.istio.io/cluster': name,
        [ISSUED]: life.issued.toISOString(),
        [EXPIRES]: life.expires.toISOString(),
      },
    },
    type: 'Opaque',
    data: { [name]: Buffer.from(kubeconfig).toString('base64') },
  };
}

/** Access to clusters, and bindings for holders, that the file no longer names. */
async function removeStale(options: RemoteSecretsOptions, cluster: MeshCluster): Promise<ObjectChange[]> {
  const { topology, signal, dryRun } = options;
  const names = new Set(topology.clusters.map(({ name }) => name));
  const list = (labelSelector: string) =>
    cluster.kube.list('v1', 'Secret', { namespace: SYSTEM_NAMESPACE, labelSelector, signal });
  const [remotes, bindings] = await Promise.all([list(MULTI_CLUSTER), list(HOLDER_LABEL)]);
  const stale = [
    ...remotes.filter(
      ({ metadata }) => !names.has(metadata?.annotations?.['networking.istio.io/cluster'] ?? ''),
    ),
    ...bindings.filter(({ metadata }) => !names.has(metadata?.labels?.[HOLDER_LABEL] ?? '')),
  ].map((object) => refOf(object));
  if (!dryRun) for (const ref of stale) await cluster.kube.remove(ref, { signal });
  return stale.map((object) => ({ cluster: cluster.spec.name, object, action: 'remove', diff: [] }));
}

/** Take away what {@link ensureRemoteSecrets} put into a cluster, bindings included; gone is success. */
export async function removeRemoteSecrets(cluster: MeshCluster, signal: AbortSignal): Promise<void> {
  for (const labelSelector of [MULTI_CLUSTER, HOLDER_LABEL]) {
    const secrets = await cluster.kube.list('v1', 'Secret', {
      namespace: SYSTEM_NAMESPACE,
      labelSelector,
      signal,
    });
    for (const secret of secrets) await cluster.kube.remove(refOf(secret), { signal });
  }
}

/** Revoke the token by which one holder reads a target, at once; gone is success. */
export async function revokeRemoteAccess(
  target: MeshCluster,
  holder: string,
  signal: AbortSignal,
): Promise<void> {
  await target.kube.remove(bindingRef(holder), { signal });
}

function changeOf(
  { holder, target }: SecretPair,
  action: ObjectChange['action'],
  diff: string[],
): ObjectChange {
  const name = remoteSecretName(target.spec.name);
  const object = { apiVersion: 'v1', kind: 'Secret', namespace: SYSTEM_NAMESPACE, name };
  return { cluster: holder.spec.name, object, action, diff };
}
