import { dirname, resolve } from 'node:path';
import { readIfThere } from '../../files/index.ts';
import { type Authority, loadRoot, readableCertificates } from '../../pki/index.ts';
import type { Topology } from '../../topology/index.ts';

/** A path of the mesh file, relative to it. */
function besideFile(topology: Topology, path: string): string {
  return resolve(topology.file ? dirname(resolve(topology.file)) : process.cwd(), path);
}

/** SHA-256 of the self-signed root in the files of `spec.trust.root`; undefined if the certificate is not on this machine. */
export async function fileRootFingerprint(topology: Topology): Promise<string | undefined> {
  const { certificate } = topology.trust.root ?? {};
  if (certificate === undefined) return undefined;
  const pem = await readIfThere(besideFile(topology, certificate));
  return readableCertificates(pem).at(-1)?.fingerprintSha256;
}

/**
 * The CA in the files of `spec.trust.root`; undefined if one of the two is not on this machine.
 * Throws CA_INVALID if it cannot anchor the mesh.
 */
export async function fileRoot(topology: Topology): Promise<Authority | undefined> {
  const { certificate, key } = topology.trust.root ?? {};
  if (certificate === undefined || key === undefined) return undefined;
  const where = besideFile(topology, certificate);
  const [certificatePem, keyPem] = await Promise.all([
    readIfThere(where),
    readIfThere(besideFile(topology, key)),
  ]);
  if (certificatePem === undefined || keyPem === undefined) return undefined;
  return loadRoot({ certificatePem, keyPem, where });
}
