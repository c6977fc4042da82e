import { pairKey } from '../../load/index.ts';
import type { Gate, GateLook } from './gate.ts';

/** So many new connections of each ordered pair must have worked since the gates before were passed. */
const enough = 20;

const title = 'new connections of every ordered pair work';

/**
 * Connections that were there before live on with the old certificates and would hide that new ones
 * fail, so only those made since count.
 */
export const handshakes: Gate = {
  title,
  nudges: false,
  async pending({ cluster, context }: GateLook) {
    if (!context.load) return [];
    const { fresh } = context.load.sinceLastMark();
    const from = cluster.spec.name;
    return context.clusters.flatMap(({ spec: to }) => {
      const count = fresh.get(pairKey(from, to.name)) ?? 0;
      return count < enough ? [`${count} of ${enough} new connections from ${from} to ${to.name}`] : [];
    });
  },
};
