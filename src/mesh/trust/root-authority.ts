import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { IsthmusError } from '../../errors/index.ts';
import { draftOf, entriesOf, fileError, hasCode, readIfThere, writeWhole } from '../../files/index.ts';
import { type Authority, createRoot, loadRoot, rootFingerprint } from '../../pki/index.ts';
import type { Topology } from '../../topology/index.ts';

const current = 'root-ca';
const marker = 'in-use';

/**
 * Where isthmus keeps the root it made: outside the clusters and the checkout, readable by its
 * owner alone. Beside it are the roots before and those of other meshes of that name, each in a
 * folder named by its fingerprint.
 */
export function rootAuthorityFolder(topology: Topology): string {
  const data = process.env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share');
  return join(data, 'isthmus', topology.name, current);
}

/** Where the root that a rotation goes to waits until the rotation is through. */
export const nextRootFolder = (topology: Topology): string => `${rootAuthorityFolder(topology)}-next`;

/** A root kept on this machine. */
export interface StoredRoot {
  readonly folder: string;
  /** SHA-256, lower-case hexadecimal. */
  readonly fingerprint: string;
  /** With its key. Throws CA_INVALID for one that is damaged. */
  readonly open: () => Promise<Authority>;
  /** Is it in the place of the mesh's present root? */
  readonly current: boolean;
  /** Was it seen in a cluster? One that was not is of an `up` that ended early. */
  readonly inUse: boolean;
}

/**
 * Every root kept here for meshes of this name, the current one first: each `down` leaves one, so that there may be
 * very many, of which one is opened. Throws CA_INVALID for a certificate that is damaged.
 */
export async function storedRoots(topology: Topology): Promise<StoredRoot[]> {
  const shelf = dirname(rootAuthorityFolder(topology));
  const names = (await entriesOf(shelf)).map(({ name }) => name).filter((name) => name.startsWith(current));
  const found = await Promise.all(
    names.sort().map((name) => storedRoot(join(shelf, name), name === current)),
  );
  return found.flatMap((one) => one ?? []);
}

async function storedRoot(folder: string, isCurrent: boolean): Promise<StoredRoot | undefined> {
  const certificatePem = await readIfThere(certificateIn(folder));
  if (certificatePem === undefined) return undefined;
  const inUse = (await readIfThere(join(folder, marker))) !== undefined;
  const fingerprint = rootFingerprint({ certificatePem, chainPem: '' });
  return { folder, fingerprint, open: () => openRoot(folder, certificatePem), current: isCurrent, inUse };
}

/**
 * Make a root and keep it as the mesh's; one in its place that clusters have is put beside it. Two at
 * once on one machine end with the same one, since a folder gets its name in one step.
 */
export async function createMeshRoot(topology: Topology): Promise<Authority> {
  const [present] = await storedRoots(topology);
  if (present?.current && !present.inUse) return present.open();
  const { algorithm, rootYears } = topology.trust;
  const root = await createRoot({ subject: `${topology.name} root`, algorithm, years: rootYears });
  if (await keepRoot(topology, root)) return root;
  return createMeshRoot(topology);
}

/** Keep a root as the mesh's; another in its place is put beside it. False if somebody else was quicker. */
export async function keepRoot(topology: Topology, root: Authority): Promise<boolean> {
  const folder = rootAuthorityFolder(topology);
  const present = await readRoot(folder);
  if (present && rootFingerprint(present) === rootFingerprint(root)) return true;
  const draft = draftOf(join(dirname(folder), 'draft'));
  await storeRoot(draft, root);
  if (present) await archiveRoot(topology, rootFingerprint(present));
  try {
    await rename(draft, folder);
    return true;
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (hasCode(error, 'ENOTEMPTY', 'EEXIST')) return false;
    throw fileError(error, { doing: 'write', path: folder });
  }
}

/**
 * Put the mesh's root aside under its fingerprint, where it is still found by it; where to, if there was one.
 * @param only leave any other alone: one that came into its place meanwhile
 */
export async function archiveRoot(topology: Topology, only?: string): Promise<string | undefined> {
  const folder = rootAuthorityFolder(topology);
  const root = await readRoot(folder);
  const fingerprint = root && rootFingerprint(root);
  if (fingerprint === undefined || (only !== undefined && only !== fingerprint)) return undefined;
  const archive = `${folder}-${fingerprint.slice(0, 16)}`;
  const free = (await readRoot(archive)) ? draftOf(archive) : archive;
  try {
    await rename(folder, free);
    return free;
  } catch (error) {
    // Another isthmus put it aside at the same moment.
    if (hasCode(error, 'ENOENT')) return archive;
    throw fileError(error, { doing: 'write', path: free });
  }
}

/** Note that a cluster has this root, so that no other mesh of that name takes it for one not used yet. */
export async function markInUse(topology: Topology, fingerprint: string): Promise<void> {
  const stored = (await storedRoots(topology)).filter((one) => one.fingerprint === fingerprint && !one.inUse);
  for (const { folder } of stored) await writeWhole(join(folder, marker), '');
}

/** A root that isthmus keeps in this folder; undefined if there is none. */
export async function readRoot(folder: string): Promise<Authority | undefined> {
  const certificatePem = await readIfThere(certificateIn(folder));
  return certificatePem === undefined ? undefined : openRoot(folder, certificatePem);
}

const certificateIn = (folder: string): string => join(folder, 'root-cert.pem');

async function openRoot(folder: string, certificatePem: string): Promise<Authority> {
  const keyPem = await readIfThere(join(folder, 'root-key.pem'));
  if (keyPem !== undefined) return loadRoot({ certificatePem, keyPem, where: certificateIn(folder) });
  throw new IsthmusError('CA_INVALID', `there is no ${join(folder, 'root-key.pem')} beside the certificate`, {
    hint: 'restore the key, or move the folder away and get the root by isthmus trust import',
  });
}

/** The key is written first and the certificate last, so that a certificate implies its key. */
export async function storeRoot(folder: string, root: Authority): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  await writeWhole(join(folder, 'root-key.pem'), root.keyPem);
  await writeWhole(certificateIn(folder), root.certificatePem);
}
