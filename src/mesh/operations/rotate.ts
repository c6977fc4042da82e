import { IsthmusError } from '../../errors/index.ts';
import {
  type Authority,
  type Credential,
  createRoot,
  inspect,
  issueIntermediate,
  issueLeaf,
  parseBundle,
} from '../../pki/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import type { RotationReport } from '../../report/index.ts';
import {
  observeTrust,
  type RotationTarget,
  rotateIntermediates,
  rotateRemoteSecrets,
  rotateRoot,
} from '../../rotation/index.ts';
import type { Topology } from '../../topology/index.ts';
import { forEachCluster, type Operation, Session } from '../session/session.ts';
import { dropNextRoot, nextRoot, promoteNextRoot, storeNextRoot } from '../trust/next-root.ts';
import { observeRootAuthority } from '../trust/root-authority.ts';
import { checkMesh } from './check.ts';

export interface RotateMeshOptions extends Operation {
  /** Say what would be done and change nothing. */
  readonly plan?: boolean;
  /** Requests a second over each ordered pair of clusters; 0 sends none. */
  readonly rate: number;
  /** How long one gate may take. Milliseconds. */
  readonly gateTimeoutMs: number;
}

export interface RotateMeshRootOptions extends RotateMeshOptions {
  /** Go back to the root before. */
  readonly abort?: boolean;
}

export interface RotateMeshIntermediatesOptions extends RotateMeshOptions {
  /** Let proxies keep their certificates until half their life is over. */
  readonly lazy?: boolean;
}

/** Must pass before a rotation begins; one that goes on has its gates. */
const checksBefore = ['istiod', 'injection', 'remotes', 'trust', 'sync', 'traffic'];

/**
 * Replace the mesh's root. Where isthmus made the root, it makes the next one; where the file names
 * one, the rotation goes from the root in place to that of the file. Goes on wherever an earlier run
 * ended, as certificates show.
 */
export async function rotateMeshRoot(options: RotateMeshRootOptions): Promise<RotationReport> {
  const session = new Session(options);
  const clusters = await forEachCluster(options.topology.clusters, (spec) => session.cluster(spec));
  const { topology, signal } = options;
  const roots = await rootsOf(options, clusters);
  if (roots.unchanged) return unchanged(topology, roots.target);
  const report = await rotateRoot({
    ...options,
    clusters,
    target: targetOf(roots.target, topology),
    oldLeaf: () => leafOf(roots.other, topology),
    before: async () => {
      await requireChecks({ ...options, session });
      if (!topology.trust.root) await storeNextRoot(topology, roots.target);
    },
    signal,
  });
  if (report.end === 'planned' || report.end === 'stopped' || topology.trust.root) return report;
  if (options.abort) await dropNextRoot(topology);
  const archive = options.abort ? undefined : await promoteNextRoot(topology);
  const note = `the old root and its key are kept in ${archive}; remove that folder when nothing needs them`;
  return archive ? { ...report, notes: [...report.notes, note] } : report;
}

/** Give every cluster a new intermediate of the mesh's root. */
export async function rotateMeshIntermediates(
  options: RotateMeshIntermediatesOptions,
): Promise<RotationReport> {
  const session = new Session(options);
  const clusters = await forEachCluster(options.topology.clusters, (spec) => session.cluster(spec));
  const { topology, signal } = options;
  const root = await observeRootAuthority(topology);
  const target = root && targetOf(root, topology);
  const all = await observeTrust(clusters, signal);
  const stranger = all.find(({ signer }) => signer !== target?.root.fingerprintSha256);
  if (!target || stranger)
    throw new IsthmusError(
      'CA_INVALID',
      `${stranger?.cluster ?? topology.name} signs below another root than the mesh file stands for`,
      {
        hint: 'isthmus rotate root brings every cluster to the root of the mesh file, or goes on with a rotation',
      },
    );
  if (!options.plan) await requireChecks({ ...options, session });
  return rotateIntermediates({ ...options, clusters, target });
}

/** Must pass before tokens are replaced; whether certificates are in order is nothing to them. */
const checksBeforeTokens = ['istiod', 'remotes', 'shards', 'sync', 'traffic'];

/** Give every cluster a new token for every other one, and revoke the former ones. */
export async function rotateMeshRemoteSecrets(options: RotateMeshOptions): Promise<RotationReport> {
  const session = new Session(options);
  const clusters = await forEachCluster(options.topology.clusters, (spec) => session.cluster(spec));
  const before = () => requireChecks({ ...options, session }, checksBeforeTokens);
  return rotateRemoteSecrets({ ...options, clusters, before });
}

interface Roots {
  readonly target: Authority;
  /** The root that is left, if this machine has its key. */
  readonly other: Authority | undefined;
  readonly unchanged: boolean;
}

async function rootsOf(options: RotateMeshRootOptions, clusters: readonly MeshCluster[]): Promise<Roots> {
  const { topology, abort, signal } = options;
  const observations = await observeTrust(clusters, signal);
  const live = new Set(observations.flatMap(({ roots }) => roots));
  const present = await observeRootAuthority(topology);
  if (topology.trust.root) return rootsOfFile(present, live, abort);
  const next = await nextRoot(topology);
  if (abort) return { target: required(present, next), other: next, unchanged: false };
  return { target: next ?? (await newRoot(topology)), other: present, unchanged: false };
}

function rootsOfFile(
  target: Authority | undefined,
  live: ReadonlySet<string>,
  abort: boolean | undefined,
): Roots {
  if (abort)
    throw new IsthmusError(
      'FLAGS_INVALID',
      'a rotation to a root of the mesh file is not taken back by --abort',
      {
        hint: 'put the root before back into spec.trust.root, then run isthmus rotate root',
      },
    );
  if (!target) throw new IsthmusError('CA_INVALID', 'spec.trust.root names no root');
  return { target, other: undefined, unchanged: live.size === 1 && live.has(fingerprintOf(target)) };
}

function required(present: Authority | undefined, next: Authority | undefined): Authority {
  if (present && next) return present;
  throw new IsthmusError('FLAGS_INVALID', 'no rotation of the root is under way that this machine began', {
    hint: 'isthmus rotate root --plan shows where the mesh stands',
  });
}

const anchorOf = ({ certificatePem, chainPem }: Authority) =>
  parseBundle(certificatePem + chainPem).at(-1) ?? inspect(certificatePem);

const fingerprintOf = (root: Authority): string => anchorOf(root).fingerprintSha256;

function targetOf(root: Authority, topology: Topology): RotationTarget {
  return { root: anchorOf(root), intermediateFor: (cluster) => intermediate(root, topology, cluster) };
}

function intermediate(root: Authority, topology: Topology, cluster: string): Promise<Authority> {
  const { name: meshName, trustDomain, trust } = topology;
  const { intermediateDays: days, algorithm } = trust;
  return issueIntermediate({ root, cluster, meshName, days, algorithm, trustDomain });
}

/** A certificate below a root that no cluster signs with any more, as one cluster's istiod would have made it. */
async function leafOf(root: Authority | undefined, topology: Topology): Promise<Credential | undefined> {
  if (!root) return undefined;
  return issueLeaf({
    issuer: await intermediate(root, topology, 'rotation'),
    commonName: 'certificate of a rotation',
    uris: [`spiffe://${topology.trustDomain}/ns/sample/sa/sleep`],
    usages: ['client', 'server'],
    days: 1,
  });
}

const newRoot = ({ name, trust }: Topology): Promise<Authority> =>
  createRoot({ subject: `${name} root`, algorithm: trust.algorithm, years: trust.rootYears });

async function requireChecks(
  options: RotateMeshOptions & { session: Session },
  names: readonly string[] = checksBefore,
): Promise<void> {
  const results = await checkMesh({ ...options, names, wait: 30_000 });
  const failed = results.filter(({ outcome }) => outcome.status === 'fail' || outcome.status === 'blocked');
  if (failed.length === 0) return;
  throw new IsthmusError('CHECKS_FAILED', `the mesh is not well: ${failed.map(({ id }) => id).join(', ')}`, {
    hint: 'isthmus doctor tells why; a rotation begins only where everything works, so that what breaks is seen',
    problems: failed.flatMap(({ outcome }) => ('problems' in outcome ? outcome.problems : [])),
  });
}

const unchanged = (topology: Topology, target: Authority): RotationReport => {
  const { subject, fingerprintSha256: fingerprint } = anchorOf(target);
  return {
    mesh: topology.name,
    what: 'root',
    end: 'unchanged',
    from: [],
    to: { subject, fingerprint },
    position: {},
    steps: [],
    seconds: 0,
    proofs: [],
    notes: ['every cluster trusts the root of the mesh file alone'],
  };
};
