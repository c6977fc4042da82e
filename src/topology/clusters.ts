import type { Topology } from './types.ts';

/** Do all clusters share one network, so that no gateway stands between them? */
export const isOneNetwork = ({ clusters }: Pick<Topology, 'clusters'>): boolean =>
  new Set(clusters.map(({ network }) => network)).size === 1;
