import { createPublicKey, type KeyObject } from 'node:crypto';
import { IsthmusError, isIsthmusError, type Location } from '../errors/index.ts';
import type { Authority } from './authority.ts';
import { type CertificateInfo, parseBundle } from './certificate-info.ts';
import { authorityFaults, isCertificateOf, isIssuedBy, validityFault } from './chain.ts';
import { algorithmNameOf, isUsableForSigning } from './key-pair.ts';
import { type ParsedKey, parsePrivateKey } from './private-key.ts';
import { certificatePath } from './rules/certificate-path.ts';
import { nameFaults } from './rules/name-constraints.ts';

export interface SuppliedChain {
  /** The signing certificate and its issuers up to the self-signed root; others among them are left out. */
  readonly certificatePem: string;
  /** What names the root: a place in the mesh file, or the path of the certificate's file. */
  readonly where: Location | string;
  /** Of the identities that shall be below it; without it, names are not judged. */
  readonly trustDomain?: string | undefined;
  readonly now?: Date | undefined;
}

export interface SuppliedRoot extends SuppliedChain {
  readonly keyPem: string;
  /** Of an encrypted key. */
  readonly passphrase?: string | undefined;
}

/**
 * Take a user's own root (or an issuing CA with the chain above it) after checking that workloads below it
 * can be client and server of each other. Throws CA_INVALID with every fault found.
 */
export function loadRoot(supplied: SuppliedRoot): Authority {
  const parsed = parsePrivateKey(supplied.keyPem, supplied.passphrase);
  const isUsable = parsed.key !== undefined && isUsableForSigning(parsed.key);
  const publicKey = isUsable ? createPublicKey(parsed.key) : undefined;
  const { chain, faults } = judgedChain(supplied, publicKey);
  const all = [...faults, ...keyFaults(parsed)];
  if (all.length > 0 || !parsed.key) throw refusal(supplied.where, all);
  const keyPem = parsed.key.export({ format: 'pem', type: 'pkcs8' }) as string;
  return { kind: 'root', keyPem, ...pemsOf(chain) };
}

/** The same for a CA whose key is elsewhere; `publicKey` is that key's, where it is known. */
export function loadChain(
  supplied: SuppliedChain & { readonly publicKey?: KeyObject | undefined },
): Pick<Authority, 'certificatePem' | 'chainPem'> {
  const { chain, faults } = judgedChain(supplied, supplied.publicKey);
  if (faults.length > 0) throw refusal(supplied.where, faults);
  return pemsOf(chain);
}

function judgedChain(supplied: SuppliedChain, publicKey: KeyObject | undefined) {
  const all = readChain(supplied);
  const chain = certificatePath(all, publicKey);
  const faults = chainFaults(chain, { ...supplied, all });
  if (publicKey && chain[0] && !isCertificateOf(chain[0], publicKey)) faults.push(notOfKey(chain[0]));
  return { chain, faults };
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

interface JudgedChain extends SuppliedChain {
  /** Every certificate that was supplied. */
  readonly all: readonly CertificateInfo[];
}

function chainFaults(chain: readonly CertificateInfo[], judged: JudgedChain): Fault[] {
  const top = chain.at(-1);
  if (!top)
    return [
      { message: 'the certificate file holds no PEM certificate', hint: 'give the root certificate as PEM' },
    ];
  const faults = chain.flatMap((info, index) => certificateFaults(info, { ...judged, below: index + 1 }));
  for (const [index, info] of chain.slice(0, -1).entries()) {
    const next = chain[index + 1];
    if (next?.canSignCertificates && !isIssuedBy(info, next))
      faults.push({
        message: `"${info.subject}" names another key of "${next.subject}" as its issuer (authority key identifier)`,
        hint: 'give the certificate of the issuer whose subject key identifier it names',
      });
  }
  return top.selfSigned ? faults : [...faults, missingLink(top, judged.all)];
}

/** The file has not got its issuer, or one of that name which did not sign it. */
function missingLink(top: CertificateInfo, all: readonly CertificateInfo[]): Fault {
  const isNamed = all.some((info) => info !== top && info.subject === top.issuer);
  const why = isNamed ? `was not signed by "${top.issuer}", which it names` : 'is not self-signed';
  return {
    message: `the chain ends in "${top.subject}", which ${why}`,
    hint: `append the certificate of "${top.issuer}" and its issuers up to the self-signed root, since proxies anchor their trust there`,
  };
}

function certificateFaults(info: CertificateInfo, at: JudgedChain & { readonly below: number }): Fault[] {
  const expired = validityFault(info, at.now ?? new Date());
  const lacks = [
    ...authorityFaults(info, at.below),
    ...(at.trustDomain === undefined ? [] : nameFaults(info, at.trustDomain)),
  ];
  return [
    ...lacks.map((fault) => ({
      message: `"${info.subject}" ${fault}`,
      hint: 'have the CA made with CA:TRUE, keyCertSign, a path length that leaves room for the clusters’ CAs, and no limits that its workloads break',
    })),
    ...(expired
      ? [{ message: `"${info.subject}" ${expired}`, hint: 'supply a root that is valid today' }]
      : []),
  ];
}

function keyFaults(parsed: ParsedKey): Fault[] {
  if (parsed.fault !== undefined)
    return [
      {
        message: `the key file ${parsed.fault}`,
        hint: 'give a PEM key; the passphrase of an encrypted one by spec.trust.root.passphraseFile, $ISTHMUS_PASSPHRASE or at the terminal',
      },
    ];
  if (isUsableForSigning(parsed.key)) return [];
  return [
    {
      message: `a key of type ${algorithmNameOf(parsed.key)} cannot sign for the mesh`,
      hint: 'use ECDSA (P-256, P-384, P-521) or RSA of at least 2048 bits',
    },
  ];
}

const notOfKey = ({ subject }: CertificateInfo): Fault => ({
  message: `the key does not belong to "${subject}"`,
  hint: 'give the key that a certificate of the file was made with',
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
