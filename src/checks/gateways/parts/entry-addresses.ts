import { apiNetworkGateways, gatewaysInUse, isRemote, statedGateways } from '../../../istio/index.ts';
import type { ApiGateway, Service } from '../../../kubernetes/index.ts';
import type { GatewayFacts } from '../../facts/gateway-facts.ts';

/** An address by which other networks come in. */
interface EntryAddress {
  /** IP address or host name. */
  readonly host: string;
  readonly port: number;
}

/** Of all gateways in a cluster that peers use, each once. */
export function entryAddresses(seen: GatewayFacts, network: string): EntryAddress[] {
  const all = [
    ...gatewaysInUse(seen.services).flatMap((one) => byService(one, seen)),
    ...byGateway(seen, network),
  ];
  return [...new Map(all.map((one) => [`${one.host} ${one.port}`, one])).values()];
}

/** Of one Service, those of the Gateway that it was made for included. */
export function addressesAt(service: Service, seen: GatewayFacts): EntryAddress[] {
  const { namespace, labels } = service.metadata ?? {};
  const isItsOwn = ({ metadata }: ApiGateway) =>
    metadata?.namespace === namespace &&
    metadata?.name === labels?.['gateway.networking.k8s.io/gateway-name'];
  const apiGateways = (seen.apiGateways ?? []).filter(isItsOwn);
  return [...byService(service, seen), ...byGateway({ apiGateways })];
}

const byService = (service: Service, { nodes = [] }: GatewayFacts): EntryAddress[] =>
  statedGateways(service, nodes);

const byGateway = (
  { apiGateways = [] }: Pick<GatewayFacts, 'apiGateways'>,
  network?: string,
): EntryAddress[] =>
  apiNetworkGateways(apiGateways.filter((one) => !isRemote(one)))
    .filter((one) => network === undefined || one.network === network)
    .map(({ host, port }) => ({ host, port }));
