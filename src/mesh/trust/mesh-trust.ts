import { IsthmusError } from '../../errors/index.ts';
import { type EnsureOptions, ensureTrust } from '../../istio/index.ts';
import type { ObjectChange } from '../../kubernetes/index.ts';
import { type Issuer, issuerOf, rootFingerprint } from '../../pki/index.ts';
import type { Session } from '../session/session.ts';
import { decideTrust } from './decide-trust.ts';
import { absentClusters, liveTrust } from './live-trust.ts';
import { nextRoot } from './next-root.ts';
import { createMeshRoot, markInUse } from './root-authority.ts';

/** The mesh's root for one `up`, decided before anything is touched. */
export interface MeshTrust {
  readonly roots: readonly string[];
  readonly issuer: Issuer | undefined;
  readonly replaceRoot: boolean;
  readonly claim: RootClaim;
}

/** Decide which root the mesh has, and make one where it has none. Throws what {@link decideTrust} throws. */
export async function openTrust(session: Session, replaceRoot: boolean): Promise<MeshTrust> {
  const { topology } = session;
  const live = await liveTrust(session, { absent: await absentClusters(session), unseen: [] });
  const decision = await decideTrust(topology, { live, replaceRoot });
  const issuer = decision.makeRoot ? issuerOf(await createMeshRoot(topology)) : decision.issuer;
  const roots = decision.makeRoot && issuer ? [rootFingerprint(issuer)] : decision.roots;
  const isNew = live.every(({ cacerts }) => !cacerts);
  // Two on one machine share its store of roots; elsewhere the first cluster decides between two.
  const arbiter = isNew ? topology.clusters.find(({ provider }) => provider !== 'local')?.name : undefined;
  return { roots, issuer, replaceRoot, claim: new RootClaim(arbiter) };
}

/** One cluster's part of it. */
export async function ensureClusterTrust(trust: MeshTrust, options: EnsureOptions): Promise<ObjectChange[]> {
  const { name } = options.cluster.spec;
  await trust.claim.wait(name);
  const changes = await ensureTrust({
    ...options,
    ...trust,
    rotating: (await nextRoot(options.topology)) !== undefined,
  });
  trust.claim.won(name);
  for (const root of trust.roots) await markInUse(options.topology, root);
  return changes;
}

/**
 * Of two that bring a new mesh up at once from different machines, each with a root of its own, the one
 * that creates `cacerts` in the first cluster wins; no other cluster gets a CA before that.
 */
class RootClaim {
  readonly #arbiter: string | undefined;
  readonly #decided: Promise<boolean>;
  #decide: (won: boolean) => void = () => undefined;

  constructor(arbiter: string | undefined) {
    this.#arbiter = arbiter;
    this.#decided = new Promise((resolve) => {
      this.#decide = resolve;
    });
    if (arbiter === undefined) this.#decide(true);
  }

  won(cluster: string): void {
    if (cluster === this.#arbiter) this.#decide(true);
  }

  lost(cluster: string): void {
    if (cluster === this.#arbiter) this.#decide(false);
  }

  async wait(cluster: string): Promise<void> {
    if (cluster === this.#arbiter || (await this.#decided)) return;
    throw new IsthmusError(
      'CA_UNKNOWN',
      `${cluster} gets no certificate authority: ${this.#arbiter} decides on a new mesh’s root, and it failed`,
      { hint: `mend ${this.#arbiter} first, then run isthmus up again` },
    );
  }
}
