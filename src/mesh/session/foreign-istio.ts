import { type ErrorCode, IsthmusError, isIsthmusError } from '../../errors/index.ts';
import { type ForeignObject, foreignObjects } from '../../istio/index.ts';
import { groupBy } from '../../report/index.ts';
import type { ClusterSpec } from '../../topology/index.ts';
import type { Session } from './session.ts';

/** An Istio that isthmus did not make, in a cluster whose entry does not let it be taken over. */
export interface ForeignIstio {
  readonly cluster: string;
  readonly found: readonly ForeignObject[];
}

/** Whether a cluster that could not be looked at for this reason is passed over. */
type PassedOver = (code: ErrorCode) => boolean;

/** Whoever works on a cluster that cannot be reached says so, which is why no other has to wait for it. */
const unreachable: PassedOver = (code) => code === 'CLUSTER_UNREACHABLE';

/** For those who only look, and tell of each cluster by itself why they could not. */
export const anyReason: PassedOver = (code) => code !== 'INTERRUPTED';

/** Look for such an Istio in those of the clusters that isthmus did not make. */
export async function foreignIstios(
  session: Session,
  clusters: readonly ClusterSpec[],
  passedOver: PassedOver = unreachable,
): Promise<ForeignIstio[]> {
  const specs = clusters.filter((spec) => spec.provider === 'existing' && !spec.adopt);
  const all = await Promise.all(
    specs.map(async (spec) => ({ cluster: spec.name, found: await foreignIn(session, spec, passedOver) })),
  );
  return all.filter(({ found }) => found.length > 0);
}

async function foreignIn(
  session: Session,
  spec: ClusterSpec,
  passedOver: PassedOver,
): Promise<ForeignObject[]> {
  const { topology, reporter, signal } = session.context;
  try {
    const { kube, capabilities } = await session.cluster(spec);
    await kube.version({ signal });
    return await foreignObjects({ topology, spec, capabilities, kube, reporter, signal });
  } catch (error) {
    if (isIsthmusError(error) && passedOver(error.code)) return [];
    throw error;
  }
}

/** Throws ISTIO_FOREIGN with everything that was found, before anything is written into any cluster. */
export async function refuseForeignIstio(session: Session, clusters: readonly ClusterSpec[]): Promise<void> {
  const foreign = await foreignIstios(session, clusters);
  const [first] = foreign;
  if (!first) return;
  const names = foreign.map(({ cluster }) => cluster);
  throw new IsthmusError(
    'ISTIO_FOREIGN',
    `${names.join(', ')}: isthmus did not make the Istio that is there`,
    {
      hint: `remove it, or set \`adopt: true\` on cluster ${first.cluster} in the mesh file; \`isthmus plan\` then shows the fields that isthmus would take over, and from whom`,
      problems: foreign.flatMap((one) => foreignLines(one).map((message) => ({ message }))),
    },
  );
}

/** One line for each object; the definitions of one owner are one. */
export function foreignLines({ cluster, found }: ForeignIstio): string[] {
  const definition = /^CustomResourceDefinition (\S+)$/;
  const by = ({ managers, owner }: ForeignObject) =>
    [managers.length > 0 ? `by ${managers.join(', ')}` : '', owner ? `(${owner})` : '']
      .filter(Boolean)
      .join(' ');
  const groups = groupBy(
    found.filter(({ what }) => definition.test(what)),
    by,
  );
  return [
    ...found
      .filter(({ what }) => !definition.test(what))
      .map((one) => `${cluster}: ${one.what} ${by(one)}`.trim()),
    ...[...groups].map(([whose, members]) => {
      const names = members.map(({ what }) => definition.exec(what)?.[1] ?? '').sort();
      return `${cluster}: ${names.length} CustomResourceDefinition${names.length > 1 ? 's' : ''} ${whose}: ${names.join(', ')}`;
    }),
  ];
}
