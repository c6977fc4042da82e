import { IsthmusError } from '../../errors/index.ts';
import { type Issuer, inspect, rootCertificate } from '../../pki/index.ts';
import type { RotationReport } from '../../report/index.ts';
import { observeTrust, rotateIntermediates, rotateRemoteSecrets, rotateRoot } from '../../rotation/index.ts';
import type { Topology } from '../../topology/index.ts';
import { withMeshLease } from '../lease/mesh-lease.ts';
import { forEachCluster, type Operation, Session } from '../session/session.ts';
import { dropNextRoot, promoteNextRoot, storeNextRoot } from '../trust/next-root.ts';
import { issuerOfMesh, leafBelow, rotationRoots, targetOf } from '../trust/rotation-roots.ts';
import { checkMesh } from './check.ts';

/** What every rotation takes. */
export interface RotateMeshOptions extends Operation {
  /** Say what would be done and change nothing. */
  readonly plan?: boolean;
  /** Requests a second over each ordered pair of clusters; 0 sends none. */
  readonly rate: number;
  /** How long one gate may take. Milliseconds. */
  readonly gateTimeoutMs: number;
}

/** What {@link rotateMeshRoot} takes. */
export interface RotateMeshRootOptions extends RotateMeshOptions {
  /** Go back to the root before. */
  readonly abort?: boolean;
}

/** What {@link rotateMeshIntermediates} takes. */
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
export function rotateMeshRoot(options: RotateMeshRootOptions): Promise<RotationReport> {
  return alone(options, options.abort ? 'rotate root --abort' : 'rotate root', rootOf);
}

async function rootOf(options: RotateMeshRootOptions, session: Session): Promise<RotationReport> {
  const clusters = await forEachCluster(options.topology.clusters, (spec) => session.cluster(spec));
  const { topology, signal } = options;
  const roots = await rotationRoots(options, session);
  if (roots.unchanged) return unchanged(topology, roots.target);
  const report = await rotateRoot({
    ...options,
    clusters,
    target: targetOf(roots.target, topology),
    oldLeaf: () => leafBelow(roots.other, topology),
    before: async () => {
      await requireChecks({ ...options, session });
      if (roots.made) await storeNextRoot(topology, roots.made);
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
export function rotateMeshIntermediates(options: RotateMeshIntermediatesOptions): Promise<RotationReport> {
  return alone(options, 'rotate intermediates', intermediatesOf);
}

async function intermediatesOf(
  options: RotateMeshIntermediatesOptions,
  session: Session,
): Promise<RotationReport> {
  const clusters = await forEachCluster(options.topology.clusters, (spec) => session.cluster(spec));
  const { topology, signal } = options;
  const issuer = await issuerOfMesh(options, session);
  const target = issuer && targetOf(issuer, topology);
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
export function rotateMeshRemoteSecrets(options: RotateMeshOptions): Promise<RotationReport> {
  return alone(options, 'rotate remote-secrets', remoteSecretsOf);
}

async function remoteSecretsOf(options: RotateMeshOptions, session: Session): Promise<RotationReport> {
  const clusters = await forEachCluster(options.topology.clusters, (spec) => session.cluster(spec));
  const before = () => requireChecks({ ...options, session }, checksBeforeTokens);
  return rotateRemoteSecrets({ ...options, clusters, before });
}

/** Nobody else changes the mesh meanwhile; a plan keeps nobody from that. */
function alone<O extends RotateMeshOptions>(
  options: O,
  command: string,
  work: (options: O, session: Session) => Promise<RotationReport>,
): Promise<RotationReport> {
  const session = new Session(options);
  const held = { ...options, signal: session.context.signal };
  return options.plan ? work(held, session) : withMeshLease(session, command, () => work(held, session));
}

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

const unchanged = (topology: Topology, target: Issuer): RotationReport => {
  const { subject, fingerprintSha256: fingerprint } = inspect(rootCertificate(target));
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
