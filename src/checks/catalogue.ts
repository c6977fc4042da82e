import type { Check } from './check.ts';
import { clusters } from './clusters.ts';
import { gateways } from './gateways.ts';
import { istiod } from './istiod.ts';
import { loadBalancers } from './load-balancers.ts';
import { remotes } from './remotes.ts';
import { secrets } from './secrets.ts';
import { sync } from './sync.ts';
import { traffic } from './traffic.ts';
import { trust } from './trust.ts';

/** Every check, from infrastructure to traffic. */
export const catalogue: readonly Check[] = [
  clusters,
  istiod,
  gateways,
  loadBalancers,
  secrets,
  remotes,
  trust,
  sync,
  traffic,
];
