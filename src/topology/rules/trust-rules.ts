import type { MeshFile } from '../schema/mesh-schema.ts';
import type { Fault } from './fault.ts';

type FileTrust = MeshFile['spec']['trust'];
type FileRoot = NonNullable<FileTrust['root']>;

/** What of `spec.trust` does not go together. */
export function trustFaults(trust: FileTrust): Fault[] {
  return [...lifeFaults(trust), ...(trust.root ? rootFaults(trust.root) : [])];
}

/** A cluster's CA must end before the root that signs it. */
function lifeFaults({ rootYears, intermediateDays, root }: FileTrust): Fault[] {
  const isMade = !root || (root.kms !== undefined && root.certificate === undefined);
  if (!isMade || intermediateDays <= rootYears * 365) return [];
  return [
    {
      path: ['spec', 'trust', 'intermediateDays'],
      message: `intermediateDays ${intermediateDays} is longer than the root’s life of ${rootYears === 1 ? 'one year' : `${rootYears} years`}`,
      hint: 'make intermediateDays smaller or rootYears larger',
    },
  ];
}

const signers = ['key', 'kms', 'privateCa'] as const;

/** What may stand beside each of what signs. */
const beside: Readonly<Record<(typeof signers)[number], readonly (keyof FileRoot)[]>> = {
  key: ['certificate', 'passphraseFile'],
  kms: ['certificate', 'profile'],
  privateCa: ['profile'],
};

function rootFaults(root: FileRoot): Fault[] {
  const [signer, ...others] = signers.filter((key) => root[key] !== undefined);
  if (signer === undefined) return [missing('key', 'root-key.pem')];
  if (others.length > 0)
    return others.map((key) => ({
      path: ['spec', 'trust', 'root', key],
      at: 'key',
      message: `root has ${key} beside ${signer}, but one alone can sign`,
      hint: 'keep key, kms or privateCa; isthmus rotate root goes from one to another',
    }));
  const strangers = (Object.keys(root) as (keyof FileRoot)[]).filter(
    (key) => root[key] !== undefined && key !== signer && !beside[signer].includes(key),
  );
  return [
    ...strangers.map((key) => ({
      path: ['spec', 'trust', 'root', key],
      at: 'key' as const,
      message: `${key} says nothing beside ${signer}`,
      hint: `remove ${key}; ${beside[signer].join(' and ')} may stand beside ${signer}`,
    })),
    ...(signer === 'key' && root.certificate === undefined ? [missing('certificate', 'root-cert.pem')] : []),
  ];
}

const missing = (key: 'key' | 'certificate', example: string): Fault => ({
  path: ['spec', 'trust', 'root', key],
  message: `the key "${key}" is missing`,
  hint: `add ${key}, for instance ${example}`,
});
