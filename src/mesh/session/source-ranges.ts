import { IsthmusError } from '../../errors/index.ts';
import {
  type Cidr,
  type ClusterSpec,
  type GatewaySpec,
  peersRange,
  statedRanges,
} from '../../topology/index.ts';
import type { Session } from './session.ts';

/**
 * A cluster with the blocks that `peers` stands for in its gateways' source ranges: those that the
 * mesh's clusters send from now. One that does not exist yet is let in once it does. Unchanged where
 * the file does not say `peers`. Throws RANGES_UNKNOWN, and whatever a provider says that cannot look.
 */
export async function withKnownPeers(session: Session, spec: ClusterSpec): Promise<ClusterSpec> {
  const { ingress, eastWest } = spec.gateways;
  if (![ingress, eastWest].some(({ sourceRanges }) => sourceRanges.includes(peersRange))) return spec;
  const known = (gateway: GatewaySpec) => knownGateway(session, spec, gateway);
  return { ...spec, gateways: { ingress: await known(ingress), eastWest: await known(eastWest) } };
}

const distinct = (blocks: readonly Cidr[]): Cidr[] => [
  ...new Map(blocks.map((block) => [String(block), block])).values(),
];

async function knownGateway(session: Session, spec: ClusterSpec, gateway: GatewaySpec): Promise<GatewaySpec> {
  const { sourceRanges, exposure } = gateway;
  if (!sourceRanges.includes(peersRange)) return gateway;
  const over = exposure === 'internal' ? 'private' : 'internet';
  const found = await Promise.all(
    session.topology.clusters.map(async (one) =>
      (await session.provider(one.provider)).sendsFrom(session.context, one, over),
    ),
  );
  const blocks = distinct([...statedRanges(sourceRanges), ...found.flat()]);
  // No block at all would let in everybody.
  if (blocks.length > 0) return { ...gateway, sourceRanges: blocks };
  throw new IsthmusError('RANGES_UNKNOWN', `nobody knows yet what peers of ${spec.name} stands for`, {
    hint: 'run `isthmus up` first, or write blocks instead of `peers`',
  });
}
