import { IsthmusError } from '../../errors/index.ts';
import { type EksClusterSpec, eksSupport } from '../../topology/index.ts';

export interface VersionChange {
  readonly spec: EksClusterSpec;
  /** Minor version that the cluster has now; undefined if there is none. */
  readonly present: string | undefined;
  readonly today: Date;
}

/**
 * Throws MESH_FILE_INVALID if EKS would not bring a cluster to the file's Kubernetes version: it never
 * goes back, goes forward one minor at a time, and takes a version that is out of standard support only
 * with extended support. A cluster that has the version already is left alone.
 */
export function requireVersionStep(change: VersionChange): void {
  const { spec, present } = change;
  if (present === spec.kubernetesVersion) return;
  const problem = (present === undefined ? undefined : stepProblem(spec, present)) ?? supportProblem(change);
  if (!problem) return;
  throw new IsthmusError('MESH_FILE_INVALID', `cluster ${spec.name}: ${problem.message}`, {
    hint: problem.hint,
  });
}

interface Problem {
  readonly message: string;
  readonly hint: string;
}

const minorOf = (version: string): number => Number(version.split('.')[1]);

function stepProblem({ kubernetesVersion: wanted }: EksClusterSpec, present: string): Problem | undefined {
  const steps = minorOf(wanted) - minorOf(present);
  if (steps < 0)
    return {
      message: `it runs Kubernetes ${present}, and EKS does not go back to ${wanted}`,
      hint: `set \`kubernetesVersion: "${present}"\``,
    };
  if (steps <= 1) return undefined;
  const next = `1.${minorOf(present) + 1}`;
  return {
    message: `it runs Kubernetes ${present}, and EKS goes up one minor version at a time, not to ${wanted} at once`,
    hint: `set \`kubernetesVersion: "${next}"\`, run \`isthmus up\`, and go on from there`,
  };
}

function supportProblem({ spec, today }: VersionChange): Problem | undefined {
  const { kubernetesVersion: version, upgradePolicy } = spec;
  const ends = eksSupport[version];
  const day = today.toISOString().slice(0, 10);
  if (ends === undefined || day <= ends.standard) return undefined;
  const newer = 'set a newer `kubernetesVersion`';
  if (day > ends.extended)
    return { message: `EKS's support of Kubernetes ${version} ended on ${ends.extended}`, hint: newer };
  if (upgradePolicy === 'EXTENDED') return undefined;
  return {
    message: `standard support of Kubernetes ${version} ended on ${ends.standard}, and EKS makes no cluster of it without extended support`,
    hint: `${newer}, or \`upgradePolicy: EXTENDED\`, which costs six times as much`,
  };
}
