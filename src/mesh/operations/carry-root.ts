import { readFile } from 'node:fs/promises';
import { IsthmusError } from '../../errors/index.ts';
import { fileError, readIfThere, writeWhole } from '../../files/index.ts';
import { rootFingerprint, sealRoot, unsealRoot } from '../../pki/index.ts';
import type { Topology } from '../../topology/index.ts';
import { type Operation, Session } from '../session/session.ts';
import { absentClusters, type LiveTrust, liveTrust } from '../trust/live-trust.ts';
import { keepRoot } from '../trust/root-authority.ts';
import { storedRootOf } from '../trust/stored-root.ts';

/** What {@link exportRoot} and {@link importRoot} take. */
export interface CarryOptions extends Operation {
  /** The file that is written or read. */
  readonly path: string;
  /** By which the key in the file is encrypted. */
  readonly passphrase: string;
}

/** A root that was carried. */
export interface CarriedRoot {
  readonly path: string;
  /** SHA-256, lower-case hexadecimal. */
  readonly fingerprint: string;
}

/**
 * Write the mesh's root that this machine keeps, its key encrypted, mode 0600. Throws CA_KEY_MISSING if it
 * is not here, MESH_FILE_EXISTS if the file is.
 */
export async function exportRoot(options: CarryOptions): Promise<CarriedRoot> {
  const { topology, path, passphrase } = options;
  refuseElsewhere(topology);
  const stored = await storedRootOf(topology, await liveOf(options));
  if (!stored)
    throw new IsthmusError('CA_KEY_MISSING', 'this machine does not keep the root of this mesh', {
      hint: 'isthmus trust show names the root; export it on the machine whose isthmus made it',
    });
  if ((await readIfThere(path)) !== undefined)
    throw new IsthmusError('MESH_FILE_EXISTS', `there is a file ${path} already`, {
      hint: 'name another file',
    });
  await writeWhole(path, sealRoot(await stored.open(), passphrase));
  return { path, fingerprint: stored.fingerprint };
}

/** A root that isthmus does not keep has no key here to carry. */
function refuseElsewhere({ trust: { root } }: Topology): void {
  if (!root) return;
  if (root.kind === 'files')
    throw new IsthmusError('FLAGS_INVALID', 'the root of this mesh is in files of your own', {
      hint: 'copy the files that spec.trust.root names; only roots that isthmus made are exported',
    });
  throw new IsthmusError(
    'FLAGS_INVALID',
    `there is no key to export: it is in AWS ${root.kind === 'kms' ? 'KMS' : 'Private CA'} and never leaves it (${root.arn})`,
    {
      hint: 'any machine works with this mesh file once its identity may use the key; docs/trust.md lists the permissions',
    },
  );
}

/** Keep an exported root on this machine. Throws CA_FOREIGN if the clusters or the file have another. */
export async function importRoot(options: CarryOptions): Promise<CarriedRoot> {
  const { topology, path, passphrase } = options;
  const pem = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fileError(error, { doing: 'read', path });
  });
  const root = unsealRoot(pem, passphrase, path);
  const fingerprint = rootFingerprint(root);
  const live = await liveOf(options);
  const known = topology.trust.fingerprint ?? live.find(({ anchor }) => anchor)?.anchor?.fingerprintSha256;
  const trusted = live.some(({ trusted: roots }) =>
    roots.some((one) => one.fingerprintSha256 === fingerprint),
  );
  const pinned = topology.trust.fingerprint !== undefined;
  if (known !== undefined && known !== fingerprint && (pinned || !trusted))
    throw new IsthmusError('CA_FOREIGN', `${path} holds root ${fingerprint}, but the mesh’s is ${known}`, {
      where: { file: path },
      hint: 'export the root on the machine that has it; isthmus trust show names the one that is needed',
    });
  if (await keepRoot(topology, root)) return { path, fingerprint };
  throw new IsthmusError('LOCK_HELD', 'another isthmus put a root into the same place', {
    hint: 'run isthmus trust show, then import again if the root is not there',
  });
}

async function liveOf(operation: Operation): Promise<LiveTrust[]> {
  const session = new Session(operation);
  return liveTrust(session, { absent: await absentClusters(session), unseen: [] });
}
