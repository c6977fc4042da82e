import type { Location } from '../../errors/index.ts';
import { accessChanges, type SharingChange, sharingChanges } from '../../istio/index.ts';
import type { Session } from '../session/session.ts';
import { type LookedAt, serviceFaults } from './service-faults.ts';

/** What changes for callers when the clusters are told what the file wants of services, and what `up` refuses. */
export async function serviceNotes(session: Session, looked: LookedAt): Promise<string[]> {
  const { clusters } = looked;
  const { topology, signal } = session.context;
  const [faults, sharing, access] = await Promise.all([
    serviceFaults(session, looked),
    Promise.all(clusters.map((cluster) => sharingChanges(topology, cluster, signal))),
    accessChanges(topology, clusters, signal),
  ]);
  return [
    ...faults.map(({ where, message, hint }) => `up refuses: ${placeOf(where)}${message}; ${hint}`),
    ...sharingNotes(sharing),
    ...access.map(
      ({ host, refused }) =>
        `${host}: access will refuse ${listed(refused)}, which may call it now; name them in its access to let them in`,
    ),
  ];
}

const placeOf = (where: Location | undefined): string => (where ? `${where.file}:${where.line ?? 1}: ` : '');

function sharingNotes(changes: readonly SharingChange[]): string[] {
  const ends = alike(changes, 'ends').map(
    ([clusters, services]) =>
      `${clusters}: gateways will let requests of other networks through no more to ${services}; what shall stay shared is an entry of spec.services, or its namespace one of spec.sharedNamespaces`,
  );
  const begins = alike(changes, 'begins').map(
    ([clusters, services]) =>
      `${clusters}: gateways will let requests of other networks through to ${services}`,
  );
  return [...ends, ...begins];
}

/** Clusters whose gateways change alike, as most do, and the Services that it is about. */
function alike(changes: readonly SharingChange[], key: 'ends' | 'begins'): [string, string][] {
  const lists = [...new Set(changes.map((change) => listed(change[key])))].filter(Boolean);
  return lists.map((services) => {
    const clusters = changes.filter((change) => listed(change[key]) === services);
    return [clusters.map(({ cluster }) => cluster).join(', '), services];
  });
}

/** Names that a line shows; more are counted. */
const shown = 12;

function listed(names: readonly string[]): string {
  const rest = names.length - shown;
  const first = names.slice(0, shown).join(', ');
  return rest > 0 ? `${first} and ${rest} more` : first;
}
