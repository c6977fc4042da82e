import { kmsSigner, privateCaIssuer } from '../../custody/index.ts';
import { IsthmusError } from '../../errors/index.ts';
import { readIfThere } from '../../files/index.ts';
import {
  type Issuer,
  isCertificateOf,
  loadChain,
  rootFingerprint,
  type Signer,
  selfSignedRoot,
  signingIssuer,
} from '../../pki/index.ts';
import { ensureAwsPackages } from '../../toolchain/index.ts';
import { type KmsRootSpec, type PrivateCaRootSpec, placeInFile } from '../../topology/index.ts';
import { besideFile, certificateKnowledge } from './file-root.ts';
import { lazy } from './lazy.ts';
import { knowledgeOf, type RootKnowledge, type RootSource, type SourceOptions } from './root-source.ts';

/** A CA in AWS Private CA: its root is where its chain ends. */
export function privateCaSource(spec: PrivateCaRootSpec, options: SourceOptions): RootSource {
  const { topology, signal } = options;
  const open = lazy(async () => {
    await ensureAwsPackages(options);
    return privateCaIssuer(spec, {
      where: await placeInFile(topology, ['spec', 'trust', 'root', 'privateCa']),
      intermediateDays: topology.trust.intermediateDays,
      trustDomain: topology.trustDomain,
      signal,
    });
  });
  return {
    kind: 'privateCa',
    place: `in AWS Private CA, ${spec.arn}`,
    identify: () => knowledgeOf(async () => ({ state: 'known', fingerprint: rootFingerprint(await open()) })),
    open,
    make: undefined,
  };
}

/**
 * A key in AWS KMS. Its root certificate is in no store: it is the one that a cluster trusts and whose key
 * it is, so every operator finds the same. Where no cluster has one, the key signs a new one.
 */
export function kmsSource(spec: KmsRootSpec, options: SourceOptions): RootSource {
  const signer = lazy(async () => {
    await ensureAwsPackages(options);
    return kmsSigner(spec, { where: await placeOf(options), signal: options.signal });
  });
  const place = `in AWS KMS, ${spec.arn}`;
  if (spec.certificate !== undefined)
    return certifiedKey(besideFile(options.topology, spec.certificate), {
      place,
      signer,
      trustDomain: options.topology.trustDomain,
    });
  return {
    kind: 'kms',
    place,
    identify: () =>
      knowledgeOf(async () => {
        const root = liveRootOf(await signer(), options);
        return root ? { state: 'known', fingerprint: root.fingerprintSha256 } : { state: 'unmade' };
      }),
    open: lazy(async () => {
      const own = await signer();
      const root = liveRootOf(own, options);
      if (!root) return undefined;
      await own.requireSigning();
      const where = (await placeOf(options)) ?? spec.arn;
      return signingIssuer({ ...loadChain({ certificatePem: root.pem, where }), signer: own });
    }),
    make: lazy(async () => makeRoot(await signer(), spec, options)),
  };
}

const placeOf = ({ topology }: SourceOptions) => placeInFile(topology, ['spec', 'trust', 'root', 'kms']);

/** The trusted certificate of this key: the pinned one, else one that a cluster signs below, else any. */
function liveRootOf(signer: Signer, { topology, live }: SourceOptions) {
  const anchors = live.flatMap(({ anchor }) => anchor ?? []);
  const own = [...anchors, ...live.flatMap(({ trusted }) => trusted)].filter(
    (info) => info.selfSigned && isCertificateOf(info, signer.publicKey),
  );
  return own.find(({ fingerprintSha256 }) => fingerprintSha256 === topology.trust.fingerprint) ?? own[0];
}

async function makeRoot(signer: Signer, spec: KmsRootSpec, options: SourceOptions): Promise<Issuer> {
  const { name, trust } = options.topology;
  if (trust.fingerprint !== undefined)
    throw new IsthmusError(
      'CA_FOREIGN',
      `no cluster has root ${trust.fingerprint}, and a certificate that ${spec.arn} signs anew has another fingerprint`,
      {
        where: await placeInFile(options.topology, ['spec', 'trust', 'fingerprint']),
        hint: 'name the root’s certificate in spec.trust.root.certificate, or remove spec.trust.fingerprint until the mesh has a root',
      },
    );
  const certificatePem = await selfSignedRoot(signer, { subject: `${name} root`, years: trust.rootYears });
  return signingIssuer({ certificatePem, chainPem: '', signer });
}

interface Key {
  readonly place: string;
  readonly signer: () => ReturnType<typeof kmsSigner>;
  readonly trustDomain: string;
}

/** A key whose certificate is in a file: a root, or an issuing CA with its issuers. */
function certifiedKey(path: string, { place, signer, trustDomain }: Key): RootSource {
  return {
    kind: 'kms',
    place,
    identify: (): Promise<RootKnowledge> => certificateKnowledge(path),
    open: lazy(async () => {
      const certificatePem = await readIfThere(path);
      if (certificatePem === undefined) return undefined;
      const own = await signer();
      const chain = loadChain({ certificatePem, where: path, trustDomain, publicKey: own.publicKey });
      await own.requireSigning();
      return signingIssuer({ ...chain, signer: own });
    }),
    make: undefined,
  };
}
