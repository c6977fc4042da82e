import * as z from 'zod';
import { carriedIstio, isOfferedIstio, istioMinors } from '../versions.ts';
import { clusterSchema } from './cluster-schema.ts';
import { root } from './root-schema.ts';
import { complaint, dnsLabel, oneOf, text, whole } from './scalar-schema.ts';
import { serviceSchema } from './service-schema.ts';

const istio = z
  .strictObject({
    version: z
      .string()
      .refine(isOfferedIstio, {
        error: complaint(
          'is not an Istio that this isthmus installs',
          `write "${carriedIstio}", which it carries, "${istioMinors[0]}" for whatever patch an isthmus carries, or another exact patch of ${istioMinors.join(' or ')}`,
        ),
      })
      .default(istioMinors[0])
      .describe(
        'Istio version, quoted: an exact patch of 1.31 or 1.30, or the minor 1.31 for whatever patch of it an isthmus carries. Local clusters run the carried one alone.',
      ),
    hub: text(
      /^[^\s/]+(\/[^\s/]+)*$/,
      'is not an image registry',
      'write host/organisation, for instance docker.io/istio',
    )
      .default('docker.io/istio')
      .describe('Registry and organisation that Istio’s images come from.'),
    remoteSecretDays: whole(1, 365)
      .default(90)
      .describe(
        'Days that the tokens in remote secrets are asked to live, and after which those without an end are replaced.',
      ),
    remoteAccess: oneOf(['auto', 'bounded', 'secret'])
      .default('auto')
      .describe(
        'Kind of these tokens. `bounded`: they end by themselves. `secret`: they end with a Secret of their holder’s own, for API servers that shorten the former to hours. `auto`: bounded where at least nine tenths of the days are granted.',
      ),
    replicas: whole(1, 10)
      .default(2)
      .describe('Replicas of istiod and of each gateway in every cluster; local clusters run one.'),
    mtls: oneOf(['strict', 'permissive'])
      .default('strict')
      .describe(
        'What workloads of the mesh take from each other: mutual TLS alone, or plain text too while services move in.',
      ),
  })
  .prefault({})
  .describe('Istio itself.');

const trust = z
  .strictObject({
    algorithm: oneOf(['ecdsa-p256', 'rsa-2048', 'rsa-4096'])
      .default('ecdsa-p256')
      .describe('Kind of the CAs’ keys.'),
    rootYears: whole(1, 30)
      .default(10)
      .describe('Life of a root that isthmus makes, also of one that it has AWS KMS sign, in years.'),
    intermediateDays: whole(1, 3650)
      .default(730)
      .describe('Life of each cluster’s CA, in days; never longer than the root’s.'),
    root,
    fingerprint: text(
      /^([0-9a-f]{64}|[0-9A-F]{2}(:[0-9A-F]{2}){31})$/,
      'is not a SHA-256 fingerprint',
      'write it as isthmus trust show or openssl x509 -noout -fingerprint -sha256 prints it',
    )
      .transform((value) => value.replaceAll(':', '').toLowerCase())
      .optional()
      .describe('SHA-256 of the mesh’s root certificate: isthmus refuses to work with any other.'),
  })
  .prefault({})
  .describe('The one root of trust and the clusters’ CAs below it.');

const spec = z
  .strictObject({
    meshID: text(
      /^[A-Za-z0-9]([-_.A-Za-z0-9]{0,61}[A-Za-z0-9])?$/,
      'is not a mesh id',
      'use at most 63 letters, digits, hyphens, dots and underscores, beginning and ending with a letter or digit',
    )
      .default('mesh1')
      .describe('Istio’s id of the mesh, equal in every cluster.'),
    trustDomain: text(
      /^[a-z0-9]([-_.a-z0-9]{0,253}[a-z0-9])?$/,
      'is not a trust domain',
      'use a lower-case domain name, for instance cluster.local',
    )
      .default('cluster.local')
      .describe('Trust domain of every identity of the mesh.'),
    istio,
    trust,
    samples: z
      .boolean()
      .default(true)
      .describe('Install sleep and helloworld in every cluster; the check `traffic` needs them.'),
    clusters: z
      .array(clusterSchema)
      .min(1, complaint('is empty', 'name at least one cluster, or remove the file to get two local ones'))
      .describe('The clusters, in the order in which they are shown.'),
    services: z
      .array(serviceSchema)
      .default([])
      .describe('What is wanted of single Services, told alike to every primary.'),
    sharedNamespaces: z
      .array(dnsLabel(63))
      .default([])
      .describe(
        'Namespaces whose Services the east-west gateways let through as soon as one entry of services has a residency, besides the samples’ and those of services themselves. Without a residency they let every Service through.',
      ),
  })
  .describe('What the mesh is.');

/** The whole file. */
export const meshSchema = z
  .strictObject({
    apiVersion: z.literal('isthmus/v1alpha1').describe('Version of this format.'),
    kind: z.literal('Mesh').describe('Always `Mesh`.'),
    metadata: z
      .strictObject({
        name: dnsLabel(32)
          .meta({ examples: ['demo'] })
          .describe('Name of the mesh; everything that isthmus makes carries it.'),
      })
      .describe('The mesh’s name.'),
    spec,
  })
  .describe('A multi-cluster Istio mesh.');

export type MeshFile = z.output<typeof meshSchema>;
