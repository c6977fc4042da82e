import { IsthmusError } from '../../errors/index.ts';
import { applyAll, type KubeObject, type ObjectChange, refusalStatus } from '../../kubernetes/index.ts';
import {
  type AuthoritySecretData,
  authoritySecretKeys,
  commonRoots,
  type Issuer,
  inspect,
  parseBundle,
  rootCertificate,
  toSecretData,
  verifyAuthority,
} from '../../pki/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { note, type Reporter, span } from '../../report/index.ts';
import type { ClusterSpec, Topology } from '../../topology/index.ts';
import { inventoryOf } from '../install/inventories.ts';
import { restartIstiod } from '../install/istiod-restart.ts';
import { managed, systemNamespace } from '../install/namespaces.ts';
import { authorityFit, foreignAuthority, keyMissing } from './authority-fit.ts';
import { cacertsRef, managedLabel, readPlugged } from './plugged-authority.ts';

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
  /** SHA-256 of the roots below which a cluster's CA may be: one, or two while a root is being replaced. */
  readonly roots: readonly string[];
  /** Undefined where nobody here can sign: then nothing may be due. */
  readonly issuer: Issuer | undefined;
  /** Put a CA of the issuer's root in place of one that isthmus made below another. */
  readonly replaceRoot?: boolean | undefined;
  /** A rotation of the root is under way: only it knows below which root a CA would have to be. */
  readonly rotating?: boolean | undefined;
}

/**
 * Put these four keys into a cluster's Secret `cacerts`, in place: it is never away in between. Throws
 * CA_INVALID if they would not work. A running istiod takes them over by itself if one set of roots
 * contains the other.
 */
export async function writeAuthority(
  cluster: MeshCluster,
  data: AuthoritySecretData,
  signal?: AbortSignal,
): Promise<void> {
  refuseBroken(data);
  await cluster.kube.apply(secretOf(cluster.spec, data), { signal });
}

/**
 * See to it that a cluster's Secret `cacerts` holds a working intermediate of the mesh's root: one that is
 * valid, anchored there and not due for renewal stays as it is; one of ours that is not is replaced in
 * place, and an istiod that cannot take the new roots over by itself is restarted. Throws CA_FOREIGN
 * for one that somebody else made or that is below another root, CA_KEY_MISSING without an issuer.
 */
export async function ensureTrust(options: TrustOptions): Promise<ObjectChange[]> {
  const { cluster, reporter } = options;
  return span(reporter, { title: 'certificate authority', cluster: cluster.spec.name }, async (handle) => {
    const { spec } = cluster;
    const existing = await readPlugged(cluster, options.signal);
    const { fit, reason } = authorityFit(existing, options.roots);
    if (fit === 'foreign' || (fit === 'other-root' && !options.replaceRoot))
      throw foreignAuthority(spec, { fit, reason });
    const namespace = await applyNamespace(options);
    if (fit === 'good') {
      if (options.roots.length > 1) leftAlone(reporter, spec.name);
      if (namespace.every(({ action }) => action === 'none')) handle.ends('unchanged');
      return [...namespace, unchanged(spec)];
    }
    if (options.rotating) throw duringRotation(spec.name, reason);
    if (existing)
      note(reporter, {
        level: 'info',
        code: 'AUTHORITY_REPLACED',
        message: `${spec.name}: ${reason}`,
        cluster: spec.name,
      });
    // A plan lists the namespace once, with the foundation.
    if (options.dryRun) return [planned(spec, existing?.data, reason)];
    return [...namespace, await replace(options, existing?.data)];
  });
}

/**
 * Replace an intermediate of ours that is due in place, and touch nothing else: what {@link ensureTrust}
 * does of it. False if somebody else renewed it meanwhile.
 */
export async function renewAuthority(options: TrustOptions): Promise<boolean> {
  const { cluster, reporter, signal } = options;
  const { name } = cluster.spec;
  return span(reporter, { title: 'certificate authority', cluster: name }, async () => {
    const existing = await readPlugged(cluster, signal);
    const { fit, reason } = authorityFit(existing, options.roots);
    if (fit === 'foreign' || fit === 'other-root') throw foreignAuthority(cluster.spec, { fit, reason });
    if (fit === 'good') return false;
    if (options.rotating) throw duringRotation(name, reason);
    await replace(options, existing?.data);
    return true;
  });
}

/** The Secret comes before everything else, so its namespace does too; the foundation lists it again. */
async function applyNamespace(options: TrustOptions): Promise<ObjectChange[]> {
  const { cluster, reporter, signal, dryRun } = options;
  return applyAll({
    client: cluster.kube,
    objects: [managed(systemNamespace(cluster.spec))],
    inventory: inventoryOf(cluster.spec, 'trust'),
    prune: false,
    dryRun,
    reporter,
    signal,
  });
}

function leftAlone(reporter: Reporter, cluster: string): void {
  const message = `${cluster}: a rotation of the root is under way; go on with isthmus rotate root`;
  note(reporter, { level: 'warn', code: 'ROTATION_LEFT_ALONE', message, cluster });
}

const duringRotation = (cluster: string, reason: string): IsthmusError =>
  new IsthmusError('ROTATION_UNDER_WAY', `${cluster} needs a new certificate authority (${reason})`, {
    hint: 'a rotation of the root is under way, and only it knows below which root: go on with isthmus rotate root, then run isthmus up',
  });

async function replace(
  options: TrustOptions,
  existing: Readonly<Record<string, string>> | undefined,
): Promise<ObjectChange> {
  const { topology, cluster, issuer, signal } = options;
  if (!issuer) throw keyMissing(options.roots, [cluster.spec.name]);
  const intermediate = await issuer.issueIntermediate({
    cluster: cluster.spec.name,
    meshName: topology.name,
    days: topology.trust.intermediateDays,
    algorithm: topology.trust.algorithm,
    trustDomain: topology.trustDomain,
  });
  const data = toSecretData(intermediate, rootsToKeep(existing, rootCertificate(issuer)));
  refuseBroken(data);
  const change = existing
    ? (await cluster.kube.apply(secretOf(cluster.spec, data), { signal })).change
    : await createFirst(cluster, data, signal);
  const before = existing?.['root-cert.pem'];
  if (before === undefined || !followsOn(before, data['root-cert.pem'])) await restartIstiod(cluster, signal);
  return change;
}

/** Created, not applied: of two that bring a mesh up at once, the API server lets one be first. */
async function createFirst(
  cluster: MeshCluster,
  data: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ObjectChange> {
  const { kube, spec } = cluster;
  try {
    await kube.create(secretOf(spec, data), { signal });
  } catch (error) {
    if (refusalStatus(error) !== 409) throw error;
    throw new IsthmusError(
      'CA_FOREIGN',
      `another isthmus gave ${spec.name} a certificate authority meanwhile`,
      {
        hint: 'wait until the other one is done, then run this again; isthmus trust show says which root the mesh has got',
        cause: error,
      },
    );
  }
  return { cluster: kube.cluster, object: cacertsRef(spec), action: 'create', diff: [] };
}

/** Roots already trusted beside ours stay during a rotation; a set without ours is not ours to trust. */
function rootsToKeep(existing: Readonly<Record<string, string>> | undefined, root: string): string {
  const bundle = existing?.['root-cert.pem'] ?? '';
  if (!allStillGood(bundle)) return root;
  const own = inspect(root).fingerprintSha256;
  const known = parseBundle(bundle);
  const ours = known.some(({ fingerprintSha256 }) => fingerprintSha256 === own);
  return ours ? known.map(({ pem }) => pem).join('') : root;
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

function secretOf(spec: ClusterSpec, data: Readonly<Record<string, string>>): KubeObject {
  const { name, namespace } = cacertsRef(spec);
  const encoded = authoritySecretKeys.map((key) => [key, Buffer.from(data[key] ?? '').toString('base64')]);
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      namespace,
      labels: { [managedLabel]: 'isthmus' },
    },
    type: 'Opaque',
    data: Object.fromEntries(encoded),
  };
}

const unchanged = (spec: ClusterSpec): ObjectChange => ({
  cluster: spec.name,
  object: cacertsRef(spec),
  action: 'none',
  diff: [],
});

const planned = (
  spec: ClusterSpec,
  existing: Readonly<Record<string, string>> | undefined,
  reason: string,
): ObjectChange => ({
  cluster: spec.name,
  object: cacertsRef(spec),
  action: existing ? 'update' : 'create',
  diff: existing ? [reason] : [],
});
