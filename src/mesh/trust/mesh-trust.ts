import { IsthmusError, isIsthmusError } from '../../errors/index.ts';
import { type EnsureOptions, ensureTrust } from '../../istio/index.ts';
import type { ObjectChange } from '../../kubernetes/index.ts';
import { type Issuer, rootFingerprint } from '../../pki/index.ts';
import type { MeshCluster } from '../../provider/index.ts';
import { note } from '../../report/index.ts';
import type { ClusterSpec } from '../../topology/index.ts';
import type { Session } from '../session/session.ts';
import { decideTrust } from './decide-trust.ts';
import { absentClusters, liveTrust } from './live-trust.ts';
import { isUnderRotation } from './next-root.ts';
import { settleRoot } from './rival-root.ts';
import { markInUse } from './root-authority.ts';

/** The mesh's root and who signs below it. */
interface ChosenRoot {
  readonly roots: readonly string[];
  readonly issuer: Issuer | undefined;
}

/** The mesh's root for one `up`, decided before anything is touched. */
export interface MeshTrust {
  readonly replaceRoot: boolean;
  readonly claim: RootClaim;
  chosen: ChosenRoot;
  /**
   * Take the root that another `up` gave the mesh meanwhile. Only for a key that both have: its two
   * certificates are one root to everybody who checks a signature, and the first one written stays.
   */
  readonly adopt: (() => Promise<ChosenRoot>) | undefined;
  /** See to it that nobody else gives a new mesh another root; throws what {@link settleRoot} throws. */
  readonly settle: (cluster: MeshCluster) => Promise<void>;
}

export interface OpenTrustOptions {
  readonly replaceRoot: boolean;
  /** Clusters that get their CA at once; no other one can decide on a new root. */
  readonly first: readonly ClusterSpec[];
  /** As in {@link settleRoot}. */
  readonly withdrawalMs?: number | undefined;
}

/** Decide which root the mesh has, and make one where it has none. Throws what {@link decideTrust} throws. */
export async function openTrust(
  session: Session,
  { replaceRoot, first, withdrawalMs }: OpenTrustOptions,
): Promise<MeshTrust> {
  const { topology, context } = session;
  const choose = async () => {
    const live = await liveTrust(session, { absent: await absentClusters(session), unseen: [] });
    const decision = await decideTrust(topology, { ...context, live, replaceRoot });
    if (decision.unavailable)
      note(context.reporter, {
        level: 'warn',
        code: 'ROOT_UNAVAILABLE',
        message: `the root’s key ${decision.source.place} cannot be used from here, which nothing needs now: ${decision.unavailable.message}`,
      });
    const issuer = decision.make ? await decision.make() : decision.issuer;
    const roots = decision.make && issuer ? [rootFingerprint(issuer)] : decision.roots;
    const seen = live.filter(({ absent, unseen }) => !absent && !unseen).map(({ cluster }) => cluster);
    return { roots, issuer, isNew: live.every(({ cacerts }) => !cacerts), seen: new Set(seen) };
  };
  const chosen = await choose();
  const isShared = topology.trust.root?.kind === 'kms';
  // Two on one machine share its store of roots; elsewhere the first cluster decides between two.
  const decides = first.find(({ provider }) => isShared || provider !== 'local');
  const claim = new RootClaim(chosen.isNew ? decides?.name : undefined);
  // Whoever works with the same key gives no other root, so a cluster that cannot be looked at hides none.
  const seen: ReadonlySet<string> = isShared ? new Set() : chosen.seen;
  const trust: MeshTrust = {
    chosen,
    replaceRoot,
    claim,
    adopt: isShared ? choose : undefined,
    settle: (cluster) => settleRoot({ session, cluster, roots: trust.chosen.roots, seen, withdrawalMs }),
  };
  return trust;
}

/** One cluster's part of it. */
export async function ensureClusterTrust(trust: MeshTrust, options: EnsureOptions): Promise<ObjectChange[]> {
  const { name } = options.cluster.spec;
  await trust.claim.wait(name);
  const changes = await ensureOrAdopt(trust, options);
  trust.claim.won(name);
  for (const root of trust.chosen.roots) await markInUse(options.topology, root);
  return changes;
}

async function ensureOrAdopt(trust: MeshTrust, options: EnsureOptions): Promise<ObjectChange[]> {
  const { adopt, claim, replaceRoot } = trust;
  const ensure = async () => {
    const rotating = await isUnderRotation(options.topology, trust.chosen.roots);
    const changes = await ensureTrust({ ...options, ...trust.chosen, replaceRoot, rotating });
    if (claim.isDecidedBy(options.cluster.spec.name)) await trust.settle(options.cluster);
    return changes;
  };
  try {
    return await ensure();
  } catch (error) {
    const isBeaten = isIsthmusError(error) && error.code === 'CA_FOREIGN';
    if (!adopt || !isBeaten || !claim.isDecidedBy(options.cluster.spec.name)) throw error;
    trust.chosen = await adopt();
    return ensure();
  }
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

  isDecidedBy(cluster: string): boolean {
    return cluster === this.#arbiter;
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
