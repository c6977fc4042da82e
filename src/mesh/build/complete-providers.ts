import { isIsthmusError } from '../../errors/index.ts';
import { note } from '../../report/index.ts';
import type { ClusterSpec } from '../../topology/index.ts';
import type { Session } from '../session/session.ts';

/**
 * Let the providers of these clusters do what could wait until the mesh was there. It is there, so what fails
 * now is said, and is the next run's to do.
 */
export async function completeProviders(session: Session, named: readonly ClusterSpec[]): Promise<void> {
  const { reporter, signal } = session.context;
  for (const { provider, clusters } of await session.providers()) {
    if (!clusters.some((spec) => named.includes(spec))) continue;
    try {
      await provider.complete?.(session.context);
    } catch (error) {
      if (signal.aborted || !isIsthmusError(error)) throw error;
      const message = `the mesh is there, and something for its users is not yet: ${error.message}`;
      note(reporter, { level: 'warn', code: error.code, message });
    }
  }
}
