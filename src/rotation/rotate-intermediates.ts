import { writeAuthority } from '../istio/index.ts';
import { parseBundle, toSecretData } from '../pki/index.ts';
import type { RotationReport } from '../report/index.ts';
import type { AuthorityContext } from './context.ts';
import { handshakes } from './gates/handshakes.ts';
import { injection } from './gates/injection.ts';
import { istiodFile } from './gates/istiod-file.ts';
import { istiodRoots } from './gates/istiod-roots.ts';
import { leaves } from './gates/leaves.ts';
import { Nudge } from './nudge.ts';
import { observeTrust } from './observation.ts';
import { type Phase, runPhase } from './phases/phase.ts';
import { positionOf } from './position.ts';
import { preflight } from './preflight.ts';
import { changedBytes } from './root-file.ts';
import { baseReport, type RotateAuthoritiesOptions } from './rotate-root.ts';
import { countingSigned } from './signed-certificates.ts';
import { withLoad } from './with-load.ts';

export interface RotateIntermediatesOptions extends RotateAuthoritiesOptions {
  /** Let proxies keep their certificates until half their life is over, instead of making them ask at once. */
  readonly lazy?: boolean | undefined;
}

/**
 * Give every cluster a new intermediate of the root that the mesh has. Trust does not change, so old
 * and new certificates take each other all the time.
 */
export async function rotateIntermediates(options: RotateIntermediatesOptions): Promise<RotationReport> {
  const { clusters, target, signal, plan, lazy } = options;
  const started = Date.now();
  const observations = await observeTrust(clusters, signal);
  const position = positionOf(observations, target.root.fingerprintSha256);
  const base: RotationReport = {
    ...baseReport(options, observations, position),
    what: 'intermediates',
    notes: lazy ? ['proxies follow within 12 hours, when half the life of their certificates is over'] : [],
  };
  if (plan) return base;
  await preflight({ what: 'intermediates', observations, target: target.root, signal });
  const retired = new Set(
    observations.map(({ data }) => parseBundle(data['ca-cert.pem'] ?? '')[0]?.serial ?? ''),
  );
  const { value: done, note: signed } = await countingSigned(clusters, signal, () =>
    withLoad(options, async (context) => {
      const phase = signAnew({ ...context, target }, { lazy: lazy ?? false, retired });
      const lagging = clusters.map(({ spec }) => spec.name);
      await runPhase(context, phase, { lagging, nudge: new Nudge(signal) });
      return [];
    }),
  );
  return {
    ...base,
    ...done,
    notes: [...base.notes, signed, ...done.notes],
    end: done.error ? 'stopped' : 'done',
    seconds: (Date.now() - started) / 1000,
  };
}

/** New intermediates of the same root; with changed bytes of the root file unless proxies may take their time. */
function signAnew(
  { target, signal }: AuthorityContext,
  { lazy, retired }: { lazy: boolean; retired: ReadonlySet<string> },
): Phase {
  return {
    name: 'sign anew',
    act: 'istiod gets a new intermediate',
    gates: [istiodFile, istiodRoots, ...(lazy ? [] : [leaves]), injection, handshakes],
    expected: { signer: target.root, retired },
    async apply({ live, cluster, data, certificates }) {
      const intermediate = await target.intermediateFor(cluster);
      const next = toSecretData(
        intermediate,
        certificates.map(({ pem }) => pem),
      );
      const before = data['root-cert.pem'] ?? '';
      const roots = lazy ? before : changedBytes(certificates, before);
      await writeAuthority(live, { ...next, 'root-cert.pem': roots }, signal);
    },
  };
}
