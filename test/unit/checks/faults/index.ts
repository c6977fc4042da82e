import { clustersFaults } from './clusters.ts';
import { configFaults } from './config.ts';
import type { Fault } from './fault.ts';
import { gatewaysFaults } from './gateways.ts';
import { istiodFaults } from './istiod.ts';
import { remotesFaults } from './remotes.ts';
import { servicesFaults } from './services.ts';
import { trafficFaults } from './traffic.ts';
import { trustFaults } from './trust.ts';

/** A fault for each check, link by link of the chain. */
export const faults: readonly Fault[] = [
  ...clustersFaults,
  ...istiodFaults,
  ...gatewaysFaults,
  ...remotesFaults,
  ...trustFaults,
  ...configFaults,
  ...servicesFaults,
  ...trafficFaults,
];
