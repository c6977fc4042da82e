import { IsthmusError } from '../../errors/index.ts';
import { applyAll, type KubeObject, type ObjectChange, refOf, type Secret } from '../../kubernetes/index.ts';
import {
  type Authority,
  type AuthoritySecretData,
  authoritySecretKeys,
  certificateBlocks,
  commonRoots,
  inspect,
  issueIntermediate,
  parseBundle,
  toSecretData,
  verifyAuthority,
} from '../../pki/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { note, type Reporter, span } from '../../report/index.ts';
import type { Topology } from '../../topology/index.ts';
import { inventoryOf } from '../install/inventories.ts';
import { restartIstiod } from '../install/istiod-restart.ts';
import { managed, systemNamespace } from '../install/namespaces.ts';
import { SYSTEM_NAMESPACE } from '../names.ts';

/** What every `ensure*` function of one cluster takes. */
export interface EnsureOptions {
  readonly topology: Topology;
  readonly cluster: MeshCluster;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** Change nothing and say what would change. */
  readonly dryRun?: boolean | undefined;
}

export interface TrustOptions extends EnsureOptions {
  readonly root: Authority;
  /** The root that a rotation goes to, if one is under way. */
  readonly next?: Authority | undefined;
}

/** Where istiod looks for its certificate authority. */
export const cacertsRef = {
  apiVersion: 'v1',
  kind: 'Secret',
  namespace: SYSTEM_NAMESPACE,
  name: 'cacerts',
} as const;

/** The decoded PEM of `istio-system/cacerts`; undefined if there is no such Secret. */
export async function readAuthority(
  cluster: MeshCluster,
  signal?: AbortSignal,
): Promise<Record<string, string> | undefined> {
  const secret = await cluster.kube.get<Secret>(cacertsRef, {
    signal,
  });
  if (!secret) return undefined;
  return Object.fromEntries(
    Object.entries(secret.data ?? {}).map(([key, value]) => [
      key,
      Buffer.from(value, 'base64').toString('utf8'),
    ]),
  );
}

/**
 * Put these four keys into `istio-system/cacerts`, in place: it is never away in between. Throws
 * CA_INVALID if they would not work. A running istiod takes them over by itself if one set of roots
 * contains the other.
 */
export async function writeAuthority(
  cluster: MeshCluster,
  data: AuthoritySecretData,
  signal?: AbortSignal,
): Promise<void> {
  refuseBroken(data);
  await cluster.kube.apply(secretOf(data), { signal });
}

/**
 * See to it that `istio-system/cacerts` holds a working intermediate of this root: one that is valid,
 * anchored in the root and not due for renewal stays as it is, anything else is replaced in place.
 * An istiod that cannot take the new root over by itself is restarted.
 */
export async function ensureTrust(options: TrustOptions): Promise<ObjectChange[]> {
  const { cluster, reporter } = options;
  return span(reporter, { title: 'certificate authority', cluster: cluster.spec.name }, async (handle) => {
    const { kube, spec } = cluster;
    const namespace = await applyNamespace(options);
    const existing = await readAuthority(cluster, options.signal);
    const reason = reasonToIssue(existing, options.root);
    if (!reason) {
      if (namespace.every(({ action }) => action === 'none')) handle.ends('unchanged');
      return [...namespace, unchanged(kube.cluster)];
    }
    if (isLeftToRotation(existing, options)) {
      const message = `${spec.name}: a rotation of the root is under way; go on with isthmus rotate root`;
      note(reporter, 'warn', 'ROTATION_LEFT_ALONE', message, { cluster: spec.name });
      return [...namespace, unchanged(kube.cluster)];
    }
    if (options.next) throw duringRotation(spec.name, reason);
    if (existing)
      note(reporter, 'info', 'AUTHORITY_REPLACED', `${spec.name}: ${reason}`, { cluster: spec.name });
    // A plan lists the namespace once, with the foundation.
    if (options.dryRun) return [planned(kube.cluster, existing, reason)];
    return [...namespace, await replace(options, existing)];
  });
}

/** The Secret comes before everything else, so its namespace does too; the foundation lists it again. */
async function applyNamespace(options: TrustOptions): Promise<ObjectChange[]> {
  const { cluster, reporter, signal, dryRun } = options;
  return applyAll({
    client: cluster.kube,
    objects: [managed(systemNamespace(cluster.spec))],
    inventory: inventoryOf('trust'),
    prune: false,
    dryRun,
    reporter,
    signal,
  });
}

/** Why the authority in place will not do; undefined if it will. */
export function reasonToIssue(
  existing: Readonly<Record<string, string>> | undefined,
  root: Authority,
  now = new Date(),
): string | undefined {
  if (!existing) return 'there is no certificate authority yet';
  const broken = verifyAuthority(existing, { now }).find(({ severity }) => severity === 'fail');
  if (broken) return broken.message;
  const chain = parseBundle(existing['cert-chain.pem'] ?? '');
  const [own] = chain;
  const [anchor] = parseBundle(root.certificatePem);
  if (chain.at(-1)?.fingerprintSha256 !== anchor?.fingerprintSha256)
    return `its certificate authority descends from another root (${chain.at(-1)?.subject ?? 'none'})`;
  if (own && own.renewAfter <= now) return `renewal was due on ${own.renewAfter.toISOString().slice(0, 10)}`;
  return undefined;
}

/**
 * Is a sound authority only on its way to another root? Its own root is the one that a rotation goes
 * to, or it trusts that beside ours.
 */
function isLeftToRotation(
  existing: Readonly<Record<string, string>> | undefined,
  { root, next }: TrustOptions,
): boolean {
  if (!existing || verifyAuthority(existing).some(({ severity }) => severity === 'fail')) return false;
  const signer = parseBundle(existing['cert-chain.pem'] ?? '').at(-1)?.fingerprintSha256;
  if (signer === inspect(anchorOf(root)).fingerprintSha256) return false;
  if (next && signer === inspect(anchorOf(next)).fingerprintSha256) return true;
  return commonRoots(existing['root-cert.pem'] ?? '', anchorOf(root)).length > 0;
}

/** The self-signed certificate at the end of an authority's chain. */
const anchorOf = ({ certificatePem, chainPem }: Authority): string =>
  certificateBlocks(certificatePem + chainPem).at(-1) ?? certificatePem;

const duringRotation = (cluster: string, reason: string): IsthmusError =>
  new IsthmusError('ROTATION_UNDER_WAY', `${cluster} needs a new certificate authority (${reason})`, {
    hint: 'a rotation of the root is under way, and only it knows below which root: go on with isthmus rotate root, then run isthmus up',
  });

async function replace(
  options: TrustOptions,
  existing: Readonly<Record<string, string>> | undefined,
): Promise<ObjectChange> {
  const { topology, cluster, root, signal } = options;
  const intermediate = await issueIntermediate({
    root,
    cluster: cluster.spec.name,
    meshName: topology.name,
    days: topology.trust.intermediateDays,
    algorithm: topology.trust.algorithm,
    trustDomain: topology.trustDomain,
  });
  const data = toSecretData(intermediate, rootsToKeep(existing, root));
  refuseBroken(data);
  const { change } = await cluster.kube.apply(secretOf(data), { signal });
  const before = existing?.['root-cert.pem'];
  if (before === undefined || !followsOn(before, data['root-cert.pem'])) await restartIstiod(cluster, signal);
  return change;
}

/** Roots already trusted beside ours stay during a rotation; a set without ours is not ours to trust. */
function rootsToKeep(existing: Readonly<Record<string, string>> | undefined, root: Authority): string {
  const bundle = existing?.['root-cert.pem'] ?? '';
  if (!allStillGood(bundle)) return root.certificatePem;
  const [anchor] = parseBundle(root.certificatePem);
  const known = parseBundle(bundle);
  const ours = known.some((one) => one.fingerprintSha256 === anchor?.fingerprintSha256);
  return ours ? known.map(({ pem }) => pem).join('') : root.certificatePem;
}

function allStillGood(bundle: string): boolean {
  const now = new Date();
  try {
    return parseBundle(bundle).every(({ isCa, notAfter }) => isCa && notAfter > now);
  } catch {
    // A bundle that cannot be read holds nothing worth keeping.
    return false;
  }
}

/** A running istiod takes over new roots only if one set contains the other. */
function followsOn(before: string, after: string): boolean {
  try {
    const shared = commonRoots(before, after).length;
    return shared > 0 && [before, after].some((bundle) => shared === parseBundle(bundle).length);
  } catch {
    // An unreadable bundle was never loaded, so istiod has to start anew.
    return false;
  }
}

function refuseBroken(data: Readonly<Record<string, string>>): void {
  const broken = verifyAuthority(data).filter(({ severity }) => severity === 'fail');
  if (broken.length === 0) return;
  throw new IsthmusError('CA_INVALID', `the new certificate authority is not usable: ${broken[0]?.message}`, {
    hint: 'check spec.trust of the mesh file: the root must be a valid CA that outlives its intermediates',
    problems: broken.map(({ message }) => ({ message })),
  });
}

function secretOf(data: Readonly<Record<string, string>>): KubeObject {
  const encoded = authoritySecretKeys.map((key) => [key, Buffer.from(data[key] ?? '').toString('base64')]);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: cacertsRef.name,
      namespace: cacertsRef.namespace,
      labels: { 'app.kubernetes.io/managed-by': 'isthmus' },
    },
    type: 'Opaque',
    data: Object.fromEntries(encoded),
  };
}

const unchanged = (cluster: string): ObjectChange => ({
  cluster,
  object: refOf(secretOf({})),
  action: 'none',
  diff: [],
});

const planned = (
  cluster: string,
  existing: Readonly<Record<string, string>> | undefined,
  reason: string,
): ObjectChange => ({
  cluster,
  object: refOf(secretOf({})),
  action: existing ? 'update' : 'create',
  diff: existing ? [reason] : [],
});
