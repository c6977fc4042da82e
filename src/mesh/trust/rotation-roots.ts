import { IsthmusError } from '../../errors/index.ts';
import {
  type Authority,
  type Credential,
  createRoot,
  type Issuer,
  inspect,
  issueLeaf,
  issuerOf,
  rootCertificate,
  rootFingerprint,
} from '../../pki/index.ts';
import type { RotationTarget } from '../../rotation/index.ts';
import type { Topology } from '../../topology/index.ts';
import type { Operation, Session } from '../session/session.ts';
import { sourceMissing } from './decide-trust.ts';
import { type LiveTrust, liveTrust } from './live-trust.ts';
import { rootsBetween } from './next-root.ts';
import { rootSource } from './source-of.ts';

/** Who signs for the mesh as it is; undefined if nobody can from here. */
export async function issuerOfMesh(options: Operation, session: Session): Promise<Issuer | undefined> {
  const live = await liveTrust(session, { absent: new Set(), unseen: [] });
  return rootSource({ ...options, live }).open();
}

/** The roots that a rotation is between. */
export interface RotationRoots {
  readonly target: Issuer;
  /** The target with its key, where isthmus is to keep it. */
  readonly made: Authority | undefined;
  /** The root that is left, if this machine has its key. */
  readonly other: Issuer | undefined;
  readonly unchanged: boolean;
}

/**
 * Where a rotation of the root goes: to that of the file, wherever it is, else to one that isthmus makes. Throws
 * CA_INVALID, and what the place of a key throws.
 */
export async function rotationRoots(options: RotationRootsOptions, session: Session): Promise<RotationRoots> {
  const { topology, abort } = options;
  const live = await liveTrust(session, { absent: new Set(), unseen: [] });
  if (topology.trust.root) return rootsOfFile(options, live);
  const { present, next } = await rootsBetween(topology, live);
  const made = abort ? required(present, next) : (next ?? (await newRoot(topology)));
  const other = abort ? next : present;
  return { target: issuerOf(made), made, other: other && issuerOf(other), unchanged: false };
}

interface RotationRootsOptions extends Operation {
  readonly abort?: boolean;
}

/** Wherever the file has it: what clusters trust already tells which certificate of a key in AWS it is. */
async function rootsOfFile(
  { abort, ...options }: RotationRootsOptions,
  live: readonly LiveTrust[],
): Promise<RotationRoots> {
  if (abort)
    throw new IsthmusError(
      'FLAGS_INVALID',
      'a rotation to a root of the mesh file is not taken back by --abort',
      {
        hint: 'put the root before back into spec.trust.root, then run isthmus rotate root',
      },
    );
  const source = rootSource({ ...options, live });
  const target = (await source.open()) ?? (await source.make?.());
  if (!target) throw await sourceMissing(options.topology);
  const trusted = new Set(live.flatMap((one) => one.trusted.map((root) => root.fingerprintSha256)));
  const unchanged = trusted.size === 1 && trusted.has(rootFingerprint(target));
  return { target, made: undefined, other: undefined, unchanged };
}

function required(present: Authority | undefined, next: Authority | undefined): Authority {
  if (present && next) return present;
  throw new IsthmusError('FLAGS_INVALID', 'no rotation of the root is under way that this machine began', {
    hint: 'isthmus rotate root --plan shows where the mesh stands',
  });
}

/** What a rotation needs of who signs. */
export function targetOf(issuer: Issuer, topology: Topology): RotationTarget {
  return {
    root: inspect(rootCertificate(issuer)),
    intermediateFor: (cluster) => intermediate(issuer, topology, cluster),
  };
}

function intermediate(issuer: Issuer, topology: Topology, cluster: string): Promise<Authority> {
  const { name: meshName, trustDomain, trust } = topology;
  const { intermediateDays: days, algorithm } = trust;
  return issuer.issueIntermediate({ cluster, meshName, days, algorithm, trustDomain });
}

/** A certificate below a root that no cluster signs with any more, as one cluster's istiod would have made it. */
export async function leafBelow(
  issuer: Issuer | undefined,
  topology: Topology,
): Promise<Credential | undefined> {
  if (!issuer) return undefined;
  return issueLeaf({
    issuer: await intermediate(issuer, topology, 'rotation'),
    commonName: 'certificate of a rotation',
    uris: [`spiffe://${topology.trustDomain}/ns/sample/sa/sleep`],
    usages: ['client', 'server'],
    days: 1,
  });
}

const newRoot = ({ name, trust }: Topology): Promise<Authority> =>
  createRoot({ subject: `${name} root`, algorithm: trust.algorithm, years: trust.rootYears });
