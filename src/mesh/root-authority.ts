import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { IsthmusError } from '../errors/index.ts';
import { type Authority, createRoot, loadRoot } from '../pki/index.ts';
import type { Topology } from '../topology/index.ts';

/**
 * Where isthmus keeps the root it made: outside the clusters and the checkout, readable by its
 * owner alone.
 */
export function rootAuthorityFolder(topology: Topology): string {
  const data = process.env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share');
  return join(data, 'isthmus', topology.name, 'root-ca');
}

/** The user's own root if the file names one, else the one made earlier, else a new one. */
export async function ensureRootAuthority(topology: Topology): Promise<Authority> {
  const existing = await observeRootAuthority(topology);
  if (existing) return existing;
  const root = await createRoot({
    subject: `${topology.name} root`,
    algorithm: topology.trust.algorithm,
    years: topology.trust.rootYears,
  });
  await storeRoot(rootAuthorityFolder(topology), root);
  return root;
}

/** The root as it is, or undefined if `up` would have to make one. */
export async function observeRootAuthority(topology: Topology): Promise<Authority | undefined> {
  const own = topology.trust.root;
  if (!own) return (await readRoot(rootAuthorityFolder(topology))) ?? (await finishPromotion(topology));
  const base = topology.file ? dirname(resolve(topology.file)) : process.cwd();
  const certificate = resolve(base, own.certificate);
  const certificatePem = await readIfThere(certificate, true);
  const keyPem = await readIfThere(resolve(base, own.key), true);
  return loadRoot({ certificatePem: certificatePem ?? '', keyPem: keyPem ?? '', where: certificate });
}

/** A root that isthmus keeps in this folder; undefined if there is none. */
export async function readRoot(folder: string): Promise<Authority | undefined> {
  const certificate = join(folder, 'root-cert.pem');
  const certificatePem = await readIfThere(certificate, false);
  if (certificatePem === undefined) return undefined;
  const keyPem = (await readIfThere(join(folder, 'root-key.pem'), true)) ?? '';
  return loadRoot({ certificatePem, keyPem, where: certificate });
}

/** Where the root that a rotation goes to waits until the rotation is through. */
export const nextRootFolder = (topology: Topology): string => `${rootAuthorityFolder(topology)}-next`;

/** Killed between the two renames that end a rotation, isthmus leaves a next root and no present one. */
async function finishPromotion(topology: Topology): Promise<Authority | undefined> {
  const next = await readRoot(nextRootFolder(topology));
  if (next) await rename(nextRootFolder(topology), rootAuthorityFolder(topology));
  return next;
}

/** Remove the root that isthmus made; a user's own root is never touched. */
export async function removeRootAuthority(topology: Topology): Promise<void> {
  if (!topology.trust.root)
    await rm(dirname(rootAuthorityFolder(topology)), { recursive: true, force: true });
}

async function readIfThere(path: string, required: boolean): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (!required && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new IsthmusError('CA_INVALID', `cannot read ${path}: ${(error as NodeJS.ErrnoException).code}`, {
      hint: 'restore the file, or correct spec.trust.root in the mesh file',
      cause: error,
    });
  }
}

/** The key is written first and the certificate renamed last, so that a certificate implies its key. */
export async function storeRoot(folder: string, root: Authority): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  for (const [name, pem] of [
    ['root-key.pem', root.keyPem],
    ['root-cert.pem', root.certificatePem],
  ] as const) {
    const draft = join(folder, `.${name}.${process.pid}`);
    await writeFile(draft, pem, { mode: 0o600 });
    await rename(draft, join(folder, name));
  }
}
