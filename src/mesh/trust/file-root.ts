import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileError, readIfThere } from '../../files/index.ts';
import { type Issuer, isEncryptedKey, issuerOf, loadRoot, namedRoot } from '../../pki/index.ts';
import type { FileRootSpec, Topology } from '../../topology/index.ts';
import { lazy } from './lazy.ts';
import type { RootKnowledge, RootSource, SourceOptions } from './root-source.ts';

/** A path of the mesh file, relative to it. */
export function besideFile(topology: Pick<Topology, 'file'>, path: string): string {
  return resolve(topology.file ? dirname(resolve(topology.file)) : process.cwd(), path);
}

/** The CA in the files of `spec.trust.root`; they need not be on this machine where nothing is due. */
export function fileSource(spec: FileRootSpec, options: SourceOptions): RootSource {
  const { topology } = options;
  const certificate = besideFile(topology, spec.certificate);
  const open = lazy(() => fileIssuer(spec, options));
  return {
    kind: 'files',
    place: `in ${certificate}`,
    identify: () => certificateKnowledge(certificate, besideFile(topology, spec.key)),
    open,
    make: undefined,
  };
}

/** Of the root to which the signing certificate in a file leads, by its key's file where that is here. */
export async function certificateKnowledge(path: string, keyPath?: string): Promise<RootKnowledge> {
  const [certificatePem = '', keyPem] = await Promise.all([
    readIfThere(path),
    // A key that this user may not read tells nothing; whoever needs it is told why.
    keyPath === undefined ? undefined : readIfThere(keyPath).catch(() => undefined),
  ]);
  const root = namedRoot(certificatePem, keyPem);
  return root
    ? { state: 'known', fingerprint: root.fingerprintSha256 }
    : { state: 'unknown', reason: undefined };
}

async function fileIssuer(spec: FileRootSpec, options: SourceOptions): Promise<Issuer | undefined> {
  const { topology } = options;
  const where = besideFile(topology, spec.certificate);
  const [certificatePem, keyPem] = await Promise.all([
    readIfThere(where),
    readIfThere(besideFile(topology, spec.key)),
  ]);
  if (certificatePem === undefined || keyPem === undefined) return undefined;
  const passphrase = isEncryptedKey(keyPem) ? await passphraseOf(spec, options) : undefined;
  const { trustDomain } = topology;
  return issuerOf(loadRoot({ certificatePem, keyPem, passphrase, where, trustDomain }));
}

/** From the mesh file's file, else the environment, else what somebody was asked for. */
async function passphraseOf(
  { passphraseFile }: FileRootSpec,
  { topology, passphrase }: SourceOptions,
): Promise<string | undefined> {
  if (passphraseFile === undefined) return process.env['ISTHMUS_PASSPHRASE'] || passphrase;
  const path = besideFile(topology, passphraseFile);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fileError(error, { doing: 'read', path });
  });
  return text.split(/\r?\n/, 1)[0];
}

/** Does the root's key file need a passphrase that nothing but a person can give? */
export async function asksForPassphrase(topology: Topology): Promise<boolean> {
  const { root } = topology.trust;
  if (root?.kind !== 'files' || root.passphraseFile !== undefined || process.env['ISTHMUS_PASSPHRASE'])
    return false;
  const keyPem = await readIfThere(besideFile(topology, root.key));
  return keyPem !== undefined && isEncryptedKey(keyPem);
}
