import { mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { LiveTrust } from '../../../src/mesh/trust/live-trust.ts';
import {
  dropNextRoot,
  nextRoot,
  promoteNextRoot,
  rootsBetween,
  storeNextRoot,
} from '../../../src/mesh/trust/next-root.ts';
import {
  createMeshRoot,
  nextRootFolder,
  rootAuthorityFolder,
} from '../../../src/mesh/trust/root-authority.ts';
import { type Authority, createRoot, inspect } from '../../../src/pki/index.ts';
import { topologyOf } from '../istio/fixtures.ts';

const topology = topologyOf(['a', 'b']);
let folder: string;
let present: Authority;
let next: Authority;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-roots-'));
  vi.stubEnv('XDG_DATA_HOME', folder);
  present = await createMeshRoot(topology);
  next = await createRoot({ algorithm: 'ecdsa-p256', years: 1 });
  await storeNextRoot(topology, next);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

/** Clusters that trust these roots. */
const live = (...roots: readonly Authority[]): LiveTrust[] =>
  topology.clusters.map(({ name: cluster }) => ({
    cluster,
    absent: false,
    trusted: roots.map(({ certificatePem }) => inspect(certificatePem)),
  }));
const between = async (...roots: readonly Authority[]) => {
  const found = await rootsBetween(topology, live(...roots));
  return [found.present?.certificatePem, found.next?.certificatePem];
};
const pems = (...roots: readonly (Authority | undefined)[]) => roots.map((root) => root?.certificatePem);
const loseThePresent = () =>
  rename(rootAuthorityFolder(topology), join(dirname(rootAuthorityFolder(topology)), 'root-ca-0'));

it('keeps the next root apart, for its owner alone, until it is promoted', async () => {
  expect(await between(present)).toEqual(pems(present, next));
  expect((await stat(nextRootFolder(topology))).mode & 0o777).toBe(0o700);
  expect((await stat(join(nextRootFolder(topology), 'root-key.pem'))).mode & 0o777).toBe(0o600);
});

it('takes its place, and the one before stays beside it', async () => {
  const archive = await promoteNextRoot(topology);
  expect(await between(next)).toEqual(pems(next, undefined));
  expect(await readdir(archive ?? '')).toEqual(['root-cert.pem', 'root-key.pem']);
});

it('takes its place later where isthmus was killed between the two renames', async () => {
  await loseThePresent();
  expect(await between(next)).toEqual(pems(next, undefined));
  expect(await nextRoot(topology)).toBeUndefined();
});

it('stays the next one while clusters trust both, also where the key of the root before is elsewhere', async () => {
  await rm(rootAuthorityFolder(topology), { recursive: true });
  expect(await between(present, next)).toEqual(pems(undefined, next));
});

it('replaces the root that clusters have, wherever this machine keeps it', async () => {
  await loseThePresent();
  await createMeshRoot(topology);
  expect(await between(present, next)).toEqual(pems(present, next));
});

it('once no cluster has the root before any more, it is the one in its place', async () => {
  expect(await between(next)).toEqual(pems(present, next));
});

it('is forgotten when the rotation is taken back', async () => {
  await dropNextRoot(topology);
  expect(await between(present)).toEqual(pems(present, undefined));
});
