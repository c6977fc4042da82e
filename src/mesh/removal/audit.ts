import { isIsthmusError } from '../../errors/index.ts';
import { NotReady, waitUntil } from '../../process/index.ts';
import type { ClusterProvider, Leftover, ProviderContext } from '../../provider/index.ts';
import { span } from '../../report/index.ts';
import type { Session } from '../session/session.ts';

export interface AuditOptions {
  /** Look again until all is gone or the time is over. */
  readonly patient: boolean;
  /** Whether it matters what is left of this cluster, or of the mesh as a whole. */
  readonly concerns: (cluster: string | undefined) => boolean;
}

/**
 * What a provider still has of the mesh, or of some of its clusters. The kernel and clouds let go of things a moment after they
 * are asked to, so a patient audit looks until all is gone or its time is over.
 */
export async function audit(
  session: Session,
  provider: ClusterProvider,
  { patient, concerns }: AuditOptions,
): Promise<readonly Leftover[]> {
  const look = async (context: ProviderContext) =>
    (await provider.audit(context)).filter(({ cluster }) => concerns(cluster));
  if (!patient) return look(session.context);
  let left: readonly Leftover[] = [];
  return span(session.context.reporter, { title: 'audit' }, async (handle) => {
    try {
      await waitUntil(
        {
          what: 'everything to be gone',
          timeoutMs: provider.name === 'eks' ? 60_000 : 5000,
          signal: session.context.signal,
        },
        async () => {
          left = await look(session.contextFor(handle));
          if (left.length > 0) throw new NotReady(`${left.length} things are left`);
        },
      );
    } catch (error) {
      if (!isIsthmusError(error) || error.code !== 'TIMED_OUT') throw error;
    }
    return left;
  });
}
