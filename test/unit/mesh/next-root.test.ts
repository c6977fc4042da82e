import { mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { dropNextRoot, nextRoot, promoteNextRoot, storeNextRoot } from '../../../src/mesh/trust/next-root.ts';
import {
  createMeshRoot,
  nextRootFolder,
  observeRootAuthority,
  rootAuthorityFolder,
} from '../../../src/mesh/trust/root-authority.ts';
import { type Authority, createRoot } from '../../../src/pki/index.ts';
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

const observed = async () => (await observeRootAuthority(topology))?.certificatePem;

it('keeps the next root apart, for its owner alone, until it is promoted', async () => {
  expect(await observed()).toBe(present.certificatePem);
  expect(await nextRoot(topology)).toEqual(next);
  expect((await stat(nextRootFolder(topology))).mode & 0o777).toBe(0o700);
  expect((await stat(join(nextRootFolder(topology), 'root-key.pem'))).mode & 0o777).toBe(0o600);
});

it('takes its place, and the one before stays beside it', async () => {
  const archive = await promoteNextRoot(topology);
  expect(await observed()).toBe(next.certificatePem);
  expect(await nextRoot(topology)).toBeUndefined();
  expect(await readdir(archive ?? '')).toEqual(['root-cert.pem', 'root-key.pem']);
});

it('takes its place later where isthmus was killed between the two renames', async () => {
  await rename(rootAuthorityFolder(topology), join(dirname(rootAuthorityFolder(topology)), 'root-ca-0'));
  expect(await observed()).toBe(next.certificatePem);
  expect(await nextRoot(topology)).toBeUndefined();
});

it('is forgotten when the rotation is taken back', async () => {
  await dropNextRoot(topology);
  expect([await nextRoot(topology), await observed()]).toEqual([undefined, present.certificatePem]);
});
