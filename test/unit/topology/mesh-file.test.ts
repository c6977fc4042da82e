import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import * as z from 'zod';
import { meshFilePage, schemaFile } from '../../../scripts/mesh-file-page.ts';
import { versions } from '../../../src/toolchain/index.ts';
import {
  carriedIstio,
  cidrOf,
  defaultKubernetes,
  defaultTopology,
  istioMinors,
  jsonSchema,
  loadTopology,
  parseTopology,
  starterFile,
  supportedKubernetes,
} from '../../../src/topology/index.ts';
import { internalGateway } from '../../fakes/gateways.ts';

const repository = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const examples = readdirSync(repository('examples')).filter((name) => name.endsWith('.yaml'));
const head = 'apiVersion: isthmus/v1alpha1\nkind: Mesh\nmetadata: {name: demo}\nspec:\n';

describe('the default', () => {
  it('is what the starter file and examples/two-local.yaml describe', async () => {
    const { file: _, ...mesh } = defaultTopology();
    expect(parseTopology(starterFile(), 'mesh.yaml')).toEqual({ file: 'mesh.yaml', ...mesh });
    expect(await loadTopology(repository('examples/two-local.yaml'))).toMatchObject(mesh);
  });

  it('survives its commented lines being turned on', () => {
    const all = starterFile({ name: 'full', schema: 'mesh.schema.json' })
      .replaceAll(/^( *)# (trust:| {2}\S|- name| {2}\S)/gm, '$1$2')
      .replaceAll(/^( {4})# {3}(\S)/gm, '$1  $2');
    const mesh = parseTopology(all, 'mesh.yaml');
    expect(mesh.name).toBe('full');
    expect(mesh.trust.root).toEqual({
      kind: 'files',
      certificate: 'root-cert.pem',
      key: 'root-key.pem',
    });
    expect(mesh.clusters.map(({ provider }) => provider)).toEqual(['local', 'local', 'eks', 'existing']);
  });
});

describe('examples', () => {
  it.each(examples)('%s is accepted, also by the JSON Schema', async (name) => {
    const mesh = await loadTopology(repository(`examples/${name}`));
    expect(mesh.clusters.length).toBeGreaterThan(1);
    expect(basename(mesh.file ?? '')).toBe(name);
    const text = readFileSync(repository(`examples/${name}`), 'utf8');
    expect(text).toMatch(/^# yaml-language-server: \$schema=\.\.\/docs\/mesh\.schema\.json\n/);
    const editor = z.fromJSONSchema(JSON.parse(schemaFile()));
    expect(editor.safeParse(parseDocument(text, { merge: true }).toJS())).toMatchObject({ success: true });
  });

  it('fill in what an EKS cluster leaves out', async () => {
    const mesh = await loadTopology(repository('examples/eks-ipv6.yaml'));
    expect(mesh.clusters[1]).toEqual({
      provider: 'eks',
      name: 'four-1',
      network: 'network-four',
      index: 1,
      cidr: cidrOf('10.41.0.0/16'),
      ipFamily: 'ipv4',
      gatewayFamilies: ['ipv4', 'ipv6'],
      gateways: {
        ingress: internalGateway,
        eastWest: { ...internalGateway, exposure: 'internet-facing', sourceRanges: ['peers'] },
      },
      region: 'us-west-2',
      account: undefined,
      profile: undefined,
      zones: ['us-west-2a', 'us-west-2b', 'us-west-2c'],
      zonesStated: false,
      natGateways: 'single',
      kubernetesVersion: defaultKubernetes,
      upgradePolicy: 'STANDARD',
      cloudFormationRole: undefined,
      permissionsBoundary: undefined,
      vpcId: undefined,
      subnetIds: [],
      endpoint: { public: true, private: true, publicCidrs: [] },
      adminPrincipals: [],
      logRetentionDays: 30,
      terminationProtection: false,
      tags: {},
    });
  });
});

describe('the schema', () => {
  it('is written to docs as it is (npm run docs)', () => {
    expect(readFileSync(repository('docs/mesh.schema.json'), 'utf8')).toBe(schemaFile());
    expect(readFileSync(repository('docs/mesh-file.md'), 'utf8')).toBe(meshFilePage());
  });

  it('describes every key', () => {
    const bare: string[] = [];
    const look = (schema: ReturnType<typeof jsonSchema>, path: string): void => {
      if (!schema.description) bare.push(path);
      for (const [key, child] of Object.entries(schema.properties ?? {})) look(child, `${path}.${key}`);
      for (const variant of schema.items?.oneOf ?? []) look(variant, `${path}[]`);
    };
    look(jsonSchema(), '');
    expect(bare).toEqual([]);
  });

  it('refuses unknown keys in an editor as well', () => {
    const editor = z.fromJSONSchema(JSON.parse(schemaFile()));
    const mesh = parseDocument(starterFile()).toJS();
    expect(editor.safeParse(mesh).success).toBe(true);
    expect(editor.safeParse({ ...mesh, extra: 1 }).success).toBe(false);
  });

  it('knows the Istio that the toolchain pins, and a default Kubernetes it supports', () => {
    const [major, minor] = versions.istio.split('.');
    expect([carriedIstio, istioMinors]).toEqual([
      versions.istio,
      [`${major}.${minor}`, `${major}.${Number(minor) - 1}`],
    ]);
    expect(defaultTopology().istio.version).toBe(versions.istio);
    expect(supportedKubernetes).toContain(defaultKubernetes);
    expect(supportedKubernetes).toContain(versions.kubernetes.split('.').slice(0, 2).join('.'));
  });
});

describe('the version of Istio', () => {
  const existing = (version: string) =>
    parseTopology(
      `${head}  istio: {version: "${version}"}\n  clusters: [{name: a, provider: existing, context: a}]\n`,
      'mesh.yaml',
    ).istio.version;

  it('is any exact patch of the carried minor and of the one before, where no cluster is local', () => {
    expect(['1.30.0', '1.30.17', '1.31.0', '1.31.4'].map(existing)).toEqual([
      '1.30.0',
      '1.30.17',
      '1.31.0',
      '1.31.4',
    ]);
    expect(existing('1.31')).toBe(versions.istio);
  });

  it.each(['1.30', '1.29.6', '1.32.0', '1.30.03', '1.31.1-rc.0', '1.31.0.1', 'latest'])(
    'is not %s',
    (version) => {
      expect(() => existing(version)).toThrow(
        expect.objectContaining({
          problems: [expect.objectContaining({ hint: expect.stringContaining('patch of 1.31 or 1.30') })],
        }),
      );
    },
  );

  it('is the carried one where a cluster is local, which is told at its line', () => {
    const file = `${head}  istio: {version: "1.30.3"}\n  clusters:\n    - {name: a, provider: existing, context: a}\n    - {name: b, provider: local, cidr: 10.2.0.0/16}\n`;
    expect(() => parseTopology(file, 'mesh.yaml')).toThrow(
      expect.objectContaining({
        problems: [
          expect.objectContaining({
            where: expect.objectContaining({ line: 5, path: 'spec.istio.version' }),
            message: expect.stringContaining('cluster "b": the images of local clusters are of 1.31.0'),
          }),
        ],
      }),
    );
  });
});

describe('accepted', () => {
  const clustersOf = (body: string) => parseTopology(`${head}  clusters:\n${body}`, 'mesh.yaml').clusters;

  it('a byte order mark and Windows line ends', () => {
    const { file: _, ...mesh } = defaultTopology();
    expect(parseTopology(`\uFEFF${starterFile().replaceAll('\n', '\r\n')}`, 'm')).toMatchObject(mesh);
  });

  it('anchors, aliases and merges', () => {
    const clusters =
      clusterNamesAndRegions(`    - &prod {name: a, provider: eks, region: eu-west-1, cidr: 10.1.0.0/16}
    - {<<: *prod, name: b, cidr: 10.2.0.0/16}
`);
    expect(clusters).toEqual([
      ['a', 'eu-west-1'],
      ['b', 'eu-west-1'],
    ]);
  });

  const clusterNamesAndRegions = (body: string) =>
    clustersOf(body).map((cluster) => [cluster.name, 'region' in cluster ? cluster.region : undefined]);

  it('clusters that share a VPC, and IPv6 beside IPv4', () => {
    const clusters =
      clustersOf(`    - {name: a, provider: eks, region: eu-west-1, vpcId: vpc-0123456789abcdef0, cidr: 10.1.0.0/16}
    - {name: b, provider: eks, region: eu-west-1, vpcId: vpc-0123456789abcdef0, cidr: 10.1.0.0/16}
    - {name: c, provider: existing, context: c, network: n, cidr: 10.9.0.0/16}
    - {name: d, provider: existing, context: d, network: n, cidr: 10.9.0.0/16}
    - {name: e, provider: local, ipFamily: ipv6, cidr: "fd00:1::/64"}
    - {name: f, provider: local, ipFamily: ipv6, cidr: "fd00:2::/112"}
`);
    expect(clusters.map(({ network }) => network)).toEqual(['a', 'b', 'n', 'n', 'e', 'f']);
  });

  it('a hundred clusters in well under a second, each sharing an anchor', () => {
    const body = Array.from({ length: 100 }, (_, index) =>
      index === 0
        ? '    - &base {name: c-0, provider: eks, region: eu-west-1, cidr: 10.0.0.0/16}'
        : `    - {<<: *base, name: c-${index}, cidr: 10.${index}.0.0/16}`,
    );
    // Time of the processor, which a busy machine does not stretch.
    const started = process.cpuUsage();
    expect(clustersOf(`${body.join('\n')}\n`)).toHaveLength(100);
    expect(process.cpuUsage(started).user / 1000).toBeLessThan(1000);
  });
});
