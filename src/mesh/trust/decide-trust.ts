import { IsthmusError } from '../../errors/index.ts';
import { authorityFit, foreignAuthority, keyMissing } from '../../istio/index.ts';
import { type Issuer, rootFingerprint } from '../../pki/index.ts';
import type { Reporter } from '../../report/index.ts';
import { type ClusterSpec, placeInFile, type Topology } from '../../topology/index.ts';
import type { LiveTrust } from './live-trust.ts';
import type { RootKnowledge, RootSource } from './root-source.ts';
import { rootSource } from './source-of.ts';

/** Which root the mesh has, what it lacks, and who signs that. */
export interface TrustDecision {
  /** SHA-256 of the roots that clusters' CAs may be below; empty if the mesh has no root yet. */
  readonly roots: readonly string[];
  /** Undefined where nobody here can sign, or nothing is due. */
  readonly issuer: Issuer | undefined;
  /** Makes the mesh's root, where no cluster has one and there is none to take. */
  readonly make: (() => Promise<Issuer>) | undefined;
  readonly source: RootSource;
  /** Why the source could not be asked; nothing needs it now. */
  readonly unavailable?: IsthmusError | undefined;
}

export interface DecideOptions {
  readonly live: readonly LiveTrust[];
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** Replace what isthmus made below other roots. */
  readonly replaceRoot?: boolean | undefined;
  readonly passphrase?: string | undefined;
}

/**
 * Decide by what clusters have, before anything is touched. Nothing due needs no key. Throws CA_FOREIGN
 * if a cluster has another root than the file or the others, CA_KEY_MISSING if an intermediate is due and
 * the key is not here, CA_UNKNOWN if only clusters that cannot be looked at could tell, and what the place of
 * the key throws where something is due.
 */
export async function decideTrust(topology: Topology, options: DecideOptions): Promise<TrustDecision> {
  const { live, replaceRoot = false } = options;
  const source = rootSource({ ...options, topology });
  const known = await source.identify();
  const wanted = topology.trust.fingerprint ?? fingerprintOf(known);
  await refuseOtherSource({ topology, live, replaceRoot, source }, { known, wanted });
  const roots = known.state === 'unmade' ? [] : rootsOf(live, wanted, replaceRoot);
  if (roots.length === 0) return withoutRoot({ source, live, replaceRoot, topology });
  const due = await dueClusters(topology, { live, roots, replaceRoot });
  const unavailable = known.state === 'unknown' ? known.reason : undefined;
  const base = { roots, source, make: undefined, unavailable };
  if (due.length === 0) return { ...base, issuer: await quietly(source, roots) };
  const issuer = await source.open();
  if (!issuer) throw keyMissing(roots, due);
  if (!roots.includes(rootFingerprint(issuer)))
    throw await otherSource(rootFingerprint(issuer), roots, topology);
  return { ...base, issuer };
}

const fingerprintOf = (known: RootKnowledge) => (known.state === 'known' ? known.fingerprint : undefined);

interface Due {
  readonly live: readonly LiveTrust[];
  readonly roots: readonly string[];
  readonly replaceRoot: boolean;
}

/** Clusters that need a new CA of the mesh's root. Throws CA_FOREIGN for one that is below another. */
async function dueClusters(topology: Topology, { live, roots, replaceRoot }: Due): Promise<string[]> {
  const clusters = live.filter(({ unseen }) => unseen === undefined);
  const fits = clusters.map((one) => ({ ...one, ...authorityFit(one.cacerts, roots) }));
  for (const { cluster, fit, reason } of fits)
    if (fit === 'foreign' || (fit === 'other-root' && !replaceRoot))
      throw foreignAuthority(specNamed(topology, cluster), {
        fit,
        reason,
        where: await placeOfRoot(topology),
      });
  return fits.filter(({ fit }) => fit !== 'good').map(({ cluster }) => cluster);
}

function specNamed({ clusters }: Topology, name: string): ClusterSpec {
  const found = clusters.find((one) => one.name === name);
  if (!found) throw new IsthmusError('BUG', `a root of ${name}, which the mesh does not have`);
  return found;
}

/** The line that says which root the mesh shall have, if one does. */
async function placeOfRoot(topology: Topology) {
  const { fingerprint, root } = topology.trust;
  if (fingerprint === undefined && root === undefined) return undefined;
  return placeInFile(topology, ['spec', 'trust', fingerprint === undefined ? 'root' : 'fingerprint']);
}

/** A cluster that cannot be looked at now may turn out to need one, once its provider has started it. */
async function quietly(source: RootSource, roots: readonly string[]): Promise<Issuer | undefined> {
  const issuer = source.kind === 'isthmus' ? await source.open() : undefined;
  return issuer && roots.includes(rootFingerprint(issuer)) ? issuer : undefined;
}

/** Every root that all clusters trust, if the wanted one is among them; while one replaces another, both are. */
function rootsOf(live: readonly LiveTrust[], wanted: string | undefined, replaceRoot: boolean): string[] {
  const bundles = live
    .filter(({ cacerts }) => cacerts)
    .map(({ trusted }) => trusted.map(({ fingerprintSha256 }) => fingerprintSha256));
  const [first = [], ...others] = bundles;
  const common = [...new Set(first)].filter((one) => others.every((bundle) => bundle.includes(one)));
  if (wanted === undefined) return replaceRoot ? [] : common.length > 0 ? common : anyAnchor(live);
  return common.includes(wanted) ? [wanted, ...common.filter((one) => one !== wanted)] : [wanted];
}

/** Clusters that disagree: the first one's root, by which the refusal names the others. */
function anyAnchor(live: readonly LiveTrust[]): string[] {
  return live.flatMap(({ anchor }) => anchor?.fingerprintSha256 ?? []).slice(0, 1);
}

interface DecisionContext {
  readonly source: RootSource;
  readonly live: readonly LiveTrust[];
  readonly replaceRoot: boolean;
  readonly topology: Topology;
}

async function withoutRoot(options: DecisionContext): Promise<TrustDecision> {
  const { source, live, replaceRoot, topology } = options;
  const issuer = await source.open();
  if (issuer) return { roots: [rootFingerprint(issuer)], issuer, make: undefined, source };
  if (!source.make) throw await sourceMissing(topology);
  const handedOut = live.find(({ trusted }) => trusted.length > 0);
  if (handedOut && !replaceRoot && !topology.trust.root)
    throw keyMissing([handedOut.trusted[0]?.fingerprintSha256 ?? 'unknown'], [handedOut.cluster]);
  const blind = live.flatMap(({ unseen }) => unseen ?? []);
  if (blind.length > 0 && !replaceRoot)
    throw new IsthmusError(
      'CA_UNKNOWN',
      `no cluster that can be looked at has a root, and ${blind.map(({ cluster }) => cluster).join(', ')} may have one`,
      {
        hint: 'make them reachable, or isthmus trust import the root; isthmus up --replace-root makes a new one all the same, which breaks mutual TLS with them',
        problems: blind.map(({ cluster, message }) => ({ cluster, message })),
      },
    );
  for (const { cluster, cacerts } of live) {
    const { fit, reason } = authorityFit(cacerts, []);
    if (fit === 'foreign') throw foreignAuthority(specNamed(topology, cluster), { fit, reason });
  }
  return { roots: [], issuer: undefined, make: source.make, source };
}

/** The file names another root than the one that it pins, or a key that signed none of the clusters' roots. */
async function refuseOtherSource(
  { topology, live, replaceRoot, source }: DecisionContext,
  { known, wanted }: { known: RootKnowledge; wanted: string | undefined },
): Promise<void> {
  const named = fingerprintOf(known);
  if (named !== undefined && wanted !== undefined && named !== wanted)
    throw await otherSource(named, [wanted], topology);
  const [inPlace] = anyAnchor(live);
  if (known.state !== 'unmade' || inPlace === undefined || replaceRoot) return;
  throw new IsthmusError(
    'CA_FOREIGN',
    `the mesh’s root is ${inPlace}, and its key is not the one ${source.place}`,
    {
      where: await placeInFile(topology, ['spec', 'trust', 'root']),
      hint: 'isthmus rotate root goes to the root of the file without loss; isthmus up --replace-root replaces at once and breaks mutual TLS until every pod has new certificates',
    },
  );
}

async function otherSource(
  named: string,
  roots: readonly string[],
  topology: Topology,
): Promise<IsthmusError> {
  return new IsthmusError(
    'CA_FOREIGN',
    `the root at hand is ${named}, but the mesh’s is ${roots.join(' or ')}`,
    {
      where: await placeOfRoot(topology),
      hint: 'correct spec.trust of the mesh file; isthmus rotate root goes from one root to another without loss',
    },
  );
}

/** What `spec.trust.root` names is not on this machine. */
export async function sourceMissing(topology: Topology): Promise<IsthmusError> {
  return new IsthmusError('CA_INVALID', 'the files of spec.trust.root are not on this machine', {
    where: await placeInFile(topology, ['spec', 'trust', 'root']),
    hint: 'correct the paths, which are relative to the mesh file, or bring certificate and key here',
  });
}
