import type { Check } from './check.ts';
import { clusters } from './clusters.ts';
import { drift } from './drift.ts';
import { failover } from './failover.ts';
import { gatewayPolicy } from './gateway-policy.ts';
import { gateways } from './gateways.ts';
import { injection } from './injection.ts';
import { istiod } from './istiod.ts';
import { istiodConfig } from './istiod-config.ts';
import { loadBalancers } from './load-balancers.ts';
import { localServices } from './local-services.ts';
import { networks } from './networks.ts';
import { reach } from './reach.ts';
import { remotes } from './remotes.ts';
import { secrets } from './secrets.ts';
import { services } from './services.ts';
import { shards } from './shards.ts';
import { sync } from './sync.ts';
import { traffic } from './traffic.ts';
import { trust } from './trust.ts';
import { weights } from './weights.ts';

/** Every check, from infrastructure to traffic. */
export const catalogue: readonly Check[] = [
  clusters,
  istiod,
  istiodConfig,
  injection,
  gateways,
  gatewayPolicy,
  networks,
  loadBalancers,
  reach,
  secrets,
  remotes,
  shards,
  trust,
  drift,
  failover,
  services,
  localServices,
  weights,
  sync,
  traffic,
];
