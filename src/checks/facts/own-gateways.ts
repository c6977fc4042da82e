import { EAST_WEST_GATEWAY, INGRESS_GATEWAY } from '../../istio/index.ts';

/** Names of Services that each cluster has for itself: none is a copy of one elsewhere. */
export const ownGateways: readonly string[] = [EAST_WEST_GATEWAY, INGRESS_GATEWAY];
