import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { goFolder } from '../../../src/toolchain/cache/folders.ts';
import { programs } from '../../../src/toolchain/programs/programs.ts';
import { releaseTable } from '../../../src/toolchain/sources/releases.ts';
import { images, versions } from '../../../src/toolchain/versions.ts';

const goMod = readFileSync(join(goFolder(), 'go.mod'), 'utf8');
const required = (module: string) =>
  new RegExp(`^\\s*(?:require )?${module.replaceAll('.', '\\.')} (\\S+)`, 'm').exec(goMod)?.[1];

describe('the versions table and go.mod', () => {
  it.each([
    ['k8s.io/kubernetes', `v${versions.kubernetes}`],
    ['istio.io/istio', versions.istioModule],
    ['github.com/containerd/containerd/v2', `v${versions.containerd}`],
    ['go.etcd.io/etcd/server/v3', `v${versions.etcd}`],
    ['github.com/coredns/coredns', `v${versions.coredns}`],
  ])('agree on %s', (module, version) => {
    expect(required(module)).toBe(version);
  });

  it('agree on every staging module of Kubernetes', () => {
    const staging = `v${versions.kubernetes.replace(/^1\./, '0.')}`;
    const replaced = [...goMod.matchAll(/^\s+(k8s\.io\/\S+) => \1 (\S+)$/gm)];
    expect(replaced.length).toBeGreaterThan(30);
    expect(replaced.filter(([, , version]) => version !== staging)).toEqual([]);
  });

  it('name a tool line for every package that is built from another module', () => {
    const tools = new Set(/^tool \(([^)]*)\)/m.exec(goMod)?.[1]?.trim().split(/\s+/));
    const built = programs.flatMap(({ goPackage }) => (goPackage?.startsWith('./') ? [] : (goPackage ?? [])));
    expect(built.filter((name) => !tools.has(name))).toEqual([]);
    expect([...tools].filter((name) => !built.includes(name))).toEqual([]);
  });

  it('tell Kubernetes its own version', () => {
    const stamps = programs.find(({ name }) => name === 'kube-apiserver')?.stamps;
    expect(stamps).toContain(`k8s.io/component-base/version.gitVersion=v${versions.kubernetes}`);
  });
});

it('pins only releases that exist in the table, with SHA-256', () => {
  const pins = JSON.parse(readFileSync(join(goFolder(), 'releases.json'), 'utf8')) as Record<
    string,
    Record<string, string>
  >;
  const known = Object.keys(releaseTable({}));
  expect(Object.keys(pins).filter((name) => !known.includes(name))).toEqual([]);
  for (const sum of Object.values(pins).flatMap((byArch) => Object.values(byArch)))
    expect(sum).toMatch(/^[0-9a-f]{64}$/);
});

it('names the images as the registries do', () => {
  expect(images.pilot).toBe('docker.io/istio/pilot:1.31.0');
  expect(images.proxy).toBe('docker.io/istio/proxyv2:1.31.0');
});
