import * as z from 'zod';
import { complaint, dnsLabel, labelValue, nonEmpty, oneOf, text, whole } from './scalar-schema.ts';

const clusterNames = (about: string) =>
  z
    .array(labelValue(''))
    .min(1, complaint('is empty', 'name at least one cluster of spec.clusters, or leave the key out'))
    .optional()
    .describe(about);

const stringMatch = z
  .strictObject({
    exact: nonEmpty().optional().describe('The whole value.'),
    prefix: nonEmpty().optional().describe('How the value begins.'),
    regex: nonEmpty().optional().describe('RE2 expression that the whole value matches.'),
  })
  .describe('One of Istio’s ways to match a header: `exact`, `prefix` or `regex`.');

const match = z
  .strictObject({
    headers: z
      .record(z.string(), stringMatch)
      .describe('Header by header what a request must have; all of them.'),
    to: nonEmpty()
      .meta({ examples: ['v2'] })
      .describe('Cluster or version that such requests go to.'),
  })
  .describe('Requests that do not take part in the shares.');

const split = z
  .strictObject({
    by: oneOf(['cluster', 'version']).describe(
      'Whether shares are of clusters or of versions, the value of the pods’ label `version`.',
    ),
    weights: z
      .record(z.string(), whole(0, 100))
      .describe(
        'Percent of the requests for each cluster or version; 100 together. What is not named gets none.',
      ),
    match: z
      .array(match)
      .default([])
      .describe(
        'Requests that go to one of them whatever the shares, by their headers; the first match counts.',
      ),
  })
  .optional()
  .describe('Shares by cluster or by version.');

const caller = z
  .strictObject({
    namespace: dnsLabel(63).optional().describe('Namespace of the callers.'),
    serviceAccount: text(
      /^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/,
      'is not the name of a service account',
      'use a–z, 0–9, hyphens and dots, beginning and ending with a letter or digit',
    )
      .optional()
      .describe('Their service account; any of the namespace if left out.'),
    trustDomain: text(
      /^[a-z0-9]([-_.a-z0-9]{0,253}[a-z0-9])?$/,
      'is not a trust domain',
      'use a lower-case domain name, for instance cluster.local',
    )
      .optional()
      .describe('Their trust domain; the mesh’s own if left out.'),
  })
  .describe('One kind of caller.');

const access = z
  .array(caller)
  .min(1, complaint('is empty', 'name at least one caller, or leave access out to let every caller in'))
  .optional()
  .describe('Who may call; everybody else is refused. Without it every caller may.');

/** One entry of `spec.services`. */
export const serviceSchema = z
  .strictObject({
    host: text(
      /^[a-z0-9]([-a-z0-9]*[a-z0-9])?\.[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
      'is not SERVICE.NAMESPACE',
      'write the names of the Service and of its namespace with a dot between, for instance catalog.shop',
    )
      .meta({ examples: ['catalog.shop'] })
      .describe('The Service, as SERVICE.NAMESPACE.'),
    selector: z
      .record(z.string(), nonEmpty())
      .optional()
      .describe(
        'Labels of its pods, as in the Service’s own selector, which policies select them by; `app: SERVICE` if left out.',
      ),
    failover: clusterNames(
      'The caller’s own cluster first, then the others in this order, as soon as their pods do not answer.',
    ),
    residency: clusterNames(
      'Only these clusters have its endpoints and its data, and each of them answers its own callers alone.',
    ),
    split,
    access,
  })
  .describe('What is wanted of one Service. An entry with its host alone says that the Service is shared.');

export type FileService = z.output<typeof serviceSchema>;
