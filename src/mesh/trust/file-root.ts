import { dirname, resolve } from 'node:path';
import { readIfThere } from '../../files/index.ts';
import { issuerOf, loadRoot, readableCertificates } from '../../pki/index.ts';
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
    identify: () => certificateKnowledge(certificate),
    open,
    make: undefined,
  };
}

/** Of the last certificate of a file, the self-signed root. */
export async function certificateKnowledge(path: string): Promise<RootKnowledge> {
  const root = readableCertificates(await readIfThere(path)).at(-1);
  return root
    ? { state: 'known', fingerprint: root.fingerprintSha256 }
    : { state: 'unknown', reason: undefined };
}

async function fileIssuer(spec: FileRootSpec, { topology }: SourceOptions) {
  const where = besideFile(topology, spec.certificate);
  const [certificatePem, keyPem] = await Promise.all([
    readIfThere(where),
    readIfThere(besideFile(topology, spec.key)),
  ]);
  if (certificatePem === undefined || keyPem === undefined) return undefined;
  return issuerOf(loadRoot({ certificatePem, keyPem, where }));
}
