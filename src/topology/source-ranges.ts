import type { Cidr } from './ip.ts';
import type { SourceRange } from './types.ts';

/** Stands among blocks of addresses for those that the mesh's clusters send from. */
export const peersRange = 'peers' satisfies SourceRange;

/** The blocks that a list states itself. */
export const statedRanges = (ranges: readonly SourceRange[]): Cidr[] =>
  ranges.filter((range) => range !== peersRange);
