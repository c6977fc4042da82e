import { refusalStatus } from './client/api-error.ts';
import type { CallOptions, KubeClient, KubeObject, ObjectRef } from './types.ts';

/** A coordination.k8s.io Lease: who is at work, and since when nothing was heard of him. */
export interface Lease {
  /** Empty if somebody let go of it without taking it away. */
  readonly holder: string;
  /** What the holder says of himself beside his identity. */
  readonly annotations: Readonly<Record<string, string>>;
  /** As the holder's clock had it. */
  readonly renewed: Date;
  readonly durationSeconds: number;
  /** What {@link writeLease} must find unchanged. */
  readonly version: string;
}

/** What a holder writes. */
export interface LeaseClaim {
  readonly holder: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly durationSeconds: number;
}

type LeaseObject = KubeObject & {
  spec?: { holderIdentity?: string; leaseDurationSeconds?: number; renewTime?: string };
};

/** Name and namespace of one; `coordination.k8s.io/v1`. */
export const leaseRef = (namespace: string, name: string): ObjectRef => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  namespace,
  name,
});

/** Undefined if there is none. */
export async function readLease(
  client: KubeClient,
  ref: ObjectRef,
  options: CallOptions = {},
): Promise<Lease | undefined> {
  const found = await client.get<LeaseObject>(ref, options);
  return found && leaseOf(found);
}

/**
 * Claim a lease that nobody has, or that was found as `found`: claimed by nobody, by its own holder, or by
 * one of whom nothing is heard any more. Undefined if somebody else was quicker. Throws API_REFUSED with
 * status 404 where its namespace is not there.
 */
export async function writeLease(
  client: KubeClient,
  { ref, found, claim }: { ref: ObjectRef; found: Lease | undefined; claim: LeaseClaim },
  options: CallOptions = {},
): Promise<Lease | undefined> {
  const { apiVersion, kind, namespace, name } = ref;
  const { holder, annotations, durationSeconds } = claim;
  const metadata = { annotations };
  const spec = {
    holderIdentity: holder,
    leaseDurationSeconds: durationSeconds,
    renewTime: new Date().toISOString().replace('Z', '000Z'),
  };
  try {
    if (!found) {
      const place = namespace === undefined ? { name } : { namespace, name };
      return leaseOf(
        await client.create({ apiVersion, kind, metadata: { ...metadata, ...place }, spec }, options),
      );
    }
    const versioned = { ...metadata, resourceVersion: found.version };
    return leaseOf(await client.patch(ref, { metadata: versioned, spec }, options));
  } catch (error) {
    if (refusalStatus(error) !== 409) throw error;
    return undefined;
  }
}

const leaseOf = ({ metadata, spec = {} }: LeaseObject): Lease => ({
  holder: spec.holderIdentity ?? '',
  annotations: metadata?.annotations ?? {},
  renewed: new Date(spec.renewTime ?? 0),
  durationSeconds: spec.leaseDurationSeconds ?? 0,
  version: metadata?.resourceVersion ?? '',
});
