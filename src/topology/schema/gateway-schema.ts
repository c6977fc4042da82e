import * as z from 'zod';
import { nonEmpty, oneOf, sourceRange } from './scalar-schema.ts';

const gateway = (whose: string) =>
  z
    .strictObject({
      exposure: oneOf(['internal', 'internet-facing'])
        .default('internal')
        .describe('Whether its load balancer gets public addresses.'),
      sourceRanges: z
        .array(sourceRange())
        .prefault([])
        .describe(
          'Blocks of addresses that may reach it, and `peers` for those that the mesh’s clusters send from; empty means any.',
        ),
      annotations: z
        .record(nonEmpty(), z.string())
        .default({})
        .describe('Annotations of its Service, besides those by which `exposure` is done.'),
      class: nonEmpty()
        .optional()
        .describe('`loadBalancerClass` of its Service; the provider’s own if left out.'),
      nodePorts: z
        .boolean()
        .optional()
        .describe(
          'Whether its Service gets node ports. `false` where the load balancer sends to pods themselves; for `existing` true if left out, for others what the provider needs.',
        ),
    })
    .prefault({})
    .describe(whose);

/** `gateways` of one cluster. */
export const gateways = z
  .strictObject({
    ingress: gateway('The load balancer of the ingress gateway, by which users come in.'),
    eastWest: gateway(
      'The load balancer of the east-west gateway, by which other clusters’ workloads come in; internet-facing only with source ranges.',
    ),
  })
  .prefault({})
  .describe('The load balancers of the two gateways, each for itself.');
