import { clusters } from './clusters/clusters.ts';
import { configParity } from './config/config-parity.ts';
import { localServices } from './config/local-services.ts';
import { servicePorts } from './config/service-ports.ts';
import { services } from './config/services.ts';
import { weights } from './config/weights.ts';
import type { Check } from './engine/check.ts';
import { gatewayPolicy } from './gateways/gateway-policy.ts';
import { gateways } from './gateways/gateways.ts';
import { loadBalancers } from './gateways/lb.ts';
import { networks } from './gateways/networks.ts';
import { reach } from './gateways/reach.ts';
import { visibility } from './gateways/visibility.ts';
import { discovery } from './istiod/discovery.ts';
import { injection } from './istiod/injection.ts';
import { istiod } from './istiod/istiod.ts';
import { istiodConfig } from './istiod/istiod-config.ts';
import { remotes } from './remotes/remotes.ts';
import { secrets } from './remotes/secrets.ts';
import { shards } from './remotes/shards.ts';
import { access } from './services/access.ts';
import { failover } from './services/failover.ts';
import { residency } from './services/residency.ts';
import { split } from './services/split.ts';
import { sync } from './traffic/sync.ts';
import { traffic } from './traffic/traffic.ts';
import { trust } from './trust/trust.ts';

/** Every check, from infrastructure to traffic. */
export const catalogue: readonly Check[] = [
  clusters,
  istiod,
  istiodConfig,
  discovery,
  injection,
  gateways,
  gatewayPolicy,
  visibility,
  networks,
  loadBalancers,
  reach,
  secrets,
  remotes,
  shards,
  trust,
  configParity,
  failover,
  split,
  access,
  residency,
  services,
  servicePorts,
  localServices,
  weights,
  sync,
  traffic,
];
