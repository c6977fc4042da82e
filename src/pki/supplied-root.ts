import { createPublicKey, type KeyObject } from 'node:crypto';
import { IsthmusError, isIsthmusError, type Location } from '../errors/index.ts';
import type { Authority } from './authority.ts';
import { type CertificateInfo, parseBundle } from './certificate-info.ts';
import { authorityFaults, isCertificateOf, isIssuedBy, validityFault } from './chain.ts';
import { algorithmNameOf, isUsableForSigning } from './key-pair.ts';
import { type ParsedKey, parsePrivateKey } from './private-key.ts';

export interface SuppliedChain {
  /** The signing certificate first; its issuers, up to the self-signed root, may follow. */
  readonly certificatePem: string;
  /** What names the root: a place in the mesh file, or the path of the certificate's file. */
  readonly where: Location | string;
  readonly now?: Date | undefined;
}

export interface SuppliedRoot extends SuppliedChain {
  readonly keyPem: string;
}

/**
 * Take a user's own root (or an issuing CA with the chain above it) after checking that it can anchor a
 * mesh. Throws CA_INVALID with every fault found.
 */
export function loadRoot(supplied: SuppliedRoot): Authority {
  const chain = readChain(supplied);
  const parsed = parsePrivateKey(supplied.keyPem);
  const faults = [...chainFaults(chain, supplied.now ?? new Date()), ...keyFaults(parsed, chain[0])];
  if (faults.length > 0 || !parsed.key) throw refusal(supplied.where, faults);
  const keyPem = parsed.key.export({ format: 'pem', type: 'pkcs8' }) as string;
  return { kind: 'root', keyPem, ...pemsOf(chain) };
}

/** The same for a CA whose key is elsewhere; `publicKey` is that key's, where it is known. */
export function loadChain(
  supplied: SuppliedChain & { readonly publicKey?: KeyObject | undefined },
): Pick<Authority, 'certificatePem' | 'chainPem'> {
  const chain = readChain(supplied);
  const faults = chainFaults(chain, supplied.now ?? new Date());
  const { publicKey } = supplied;
  if (publicKey && chain[0] && !isCertificateOf(chain[0], publicKey)) faults.push(notOfKey(chain[0]));
  if (faults.length > 0) throw refusal(supplied.where, faults);
  return pemsOf(chain);
}

const pemsOf = ([signer, ...above]: readonly CertificateInfo[]) => ({
  certificatePem: signer?.pem ?? '',
  chainPem: above.map(({ pem }) => pem).join(''),
});

interface Fault {
  readonly message: string;
  readonly hint: string;
}

function readChain(supplied: SuppliedChain): CertificateInfo[] {
  try {
    return parseBundle(supplied.certificatePem);
  } catch (error) {
    if (!isIsthmusError(error)) throw error;
    throw new IsthmusError('CA_INVALID', error.message, {
      where: locationOf(supplied.where),
      hint: error.hint,
      cause: error,
    });
  }
}

function chainFaults(chain: readonly CertificateInfo[], now: Date): Fault[] {
  const anchor = chain.at(-1);
  if (!anchor)
    return [
      { message: 'the certificate file holds no PEM certificate', hint: 'give the root certificate as PEM' },
    ];
  const faults = chain.flatMap((info, index) => certificateFaults(info, { now, below: index + 1 }));
  for (const [index, info] of chain.slice(0, -1).entries()) {
    const next = chain[index + 1];
    if (next && !isIssuedBy(info, next))
      faults.push({
        message: `"${info.subject}" was not signed by "${next.subject}", which follows it`,
        hint: 'order the file: the signing certificate first, the self-signed root last',
      });
  }
  if (!anchor.selfSigned)
    faults.push({
      message: `the chain ends in "${anchor.subject}", which is not self-signed`,
      hint: 'append its issuers up to the self-signed root, since proxies anchor their trust there',
    });
  return faults;
}

function certificateFaults(info: CertificateInfo, at: { now: Date; below: number }): Fault[] {
  const expired = validityFault(info, at.now);
  return [
    ...authorityFaults(info, at.below).map((fault) => ({
      message: `"${info.subject}" ${fault}`,
      hint: 'make the root with CA:TRUE, keyCertSign and a path length that leaves room for the clusters’ CAs',
    })),
    ...(expired
      ? [{ message: `"${info.subject}" ${expired}`, hint: 'supply a root that is valid today' }]
      : []),
  ];
}

function keyFaults(parsed: ParsedKey, signer: CertificateInfo | undefined): Fault[] {
  if (parsed.fault !== undefined)
    return [
      {
        message: `the key file ${parsed.fault}`,
        hint: 'give it as unencrypted PEM, for instance by openssl pkey -in KEY -out PLAIN, mode 0600',
      },
    ];
  if (!isUsableForSigning(parsed.key))
    return [
      {
        message: `a key of type ${algorithmNameOf(parsed.key)} cannot sign for the mesh`,
        hint: 'use ECDSA (P-256, P-384, P-521) or RSA of at least 2048 bits',
      },
    ];
  if (signer && !isCertificateOf(signer, createPublicKey(parsed.key))) return [notOfKey(signer)];
  return [];
}

const notOfKey = ({ subject }: CertificateInfo): Fault => ({
  message: `the key does not belong to "${subject}"`,
  hint: 'give the key that the first certificate of the file was made with',
});

function refusal(place: Location | string, faults: readonly Fault[]): IsthmusError {
  const where = locationOf(place);
  const count = faults.length === 1 ? '' : ` (and ${faults.length - 1} more)`;
  return new IsthmusError('CA_INVALID', `${faults[0]?.message ?? 'no usable root'}${count}`, {
    where,
    hint: faults[0]?.hint,
    problems: faults.map((fault) => ({ ...fault, where })),
  });
}

const locationOf = (place: Location | string): Location =>
  typeof place === 'string' ? { file: place } : place;
