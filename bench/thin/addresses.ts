/** As long for every cluster, of which there are at most 155. */
export const subnetOf = (cluster: number): string => `10.${100 + cluster}.`;

/** Where the parts of a thin cluster are, all in the bench's own network namespace; clusters count from 1. */
export const addressesOf = (cluster: number) => ({
  /** Of the API server and of the node. */
  node: `${subnetOf(cluster)}0.1`,
  istiod: `${subnetOf(cluster)}0.10`,
  gateway: `192.0.2.${cluster}`,
  ingress: `198.51.100.${cluster}`,
  /** Any other pod; `index` counts from 0. */
  pod: (index: number) => `${subnetOf(cluster)}1.${index + 1}`,
  /** Of an application that nothing stands behind. */
  endpoint: (index: number) => `${subnetOf(cluster)}${16 + Math.floor(index / 250)}.${(index % 250) + 1}`,
});

export const apiPort = 6443;
export const kubeletPort = 10250;
/** istiod's webhooks, as its chart has it. */
export const webhookPort = 15017;

export const nameOf = (cluster: number): string => `c-${cluster}`;
export const networkOf = (cluster: number): string => `n${cluster}`;

/** Every cluster of so many. */
export const numbersTo = (size: number): number[] => Array.from({ length: size }, (_, at) => at + 1);
