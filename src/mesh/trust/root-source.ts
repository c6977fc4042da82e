import { type IsthmusError, isIsthmusError } from '../../errors/index.ts';
import type { Issuer } from '../../pki/index.ts';
import type { Reporter } from '../../report/index.ts';
import type { RootSpec, Topology } from '../../topology/index.ts';
import type { LiveTrust } from './live-trust.ts';

/** What can be told of a root without making anything. */
export type RootKnowledge =
  /** SHA-256 of its certificate. */
  | { readonly state: 'known'; readonly fingerprint: string }
  /** Its key is there, but no cluster has a certificate of it: one is yet to be made. */
  | { readonly state: 'unmade' }
  /** It cannot be looked at from here. */
  | { readonly state: 'unknown'; readonly reason: IsthmusError | undefined };

/** Where the mesh's root is, asked only as far as a step needs it. */
export interface RootSource {
  readonly kind: 'isthmus' | RootSpec['kind'];
  /** The key's place in one phrase. */
  readonly place: string;
  identify(): Promise<RootKnowledge>;
  /** Who signs; undefined if nobody can from here. Throws CA_INVALID for one that cannot anchor a mesh. */
  open(): Promise<Issuer | undefined>;
  /** Make a root where the mesh has none; undefined for a source that has its root already. */
  readonly make: (() => Promise<Issuer>) | undefined;
}

export interface SourceOptions {
  readonly topology: Topology;
  /** What clusters have: by it a key's certificate is found again. */
  readonly live: readonly LiveTrust[];
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** Of an encrypted key file, where neither the mesh file nor the environment gives it. */
  readonly passphrase?: string | undefined;
}

/** What is known if `work` succeeds. A source that cannot be asked is not needed where nothing is due. */
export async function knowledgeOf(work: () => Promise<RootKnowledge>): Promise<RootKnowledge> {
  try {
    return await work();
  } catch (error) {
    if (!isIsthmusError(error) || error.code === 'INTERRUPTED') throw error;
    return { state: 'unknown', reason: error };
  }
}
