import { type IsthmusError, isIsthmusError, messageOf } from '../errors/index.ts';
import type { MeshCluster } from '../provider/index.ts';
import type { Reporter, RotationReport, RotationStep } from '../report/index.ts';
import type { Topology } from '../topology/index.ts';
import type { RotationContext } from './context.ts';
import { type LoadBeside, loadBeside } from './load-beside.ts';

/** What every rotation takes. */
export interface RotateOptions {
  readonly topology: Topology;
  readonly clusters: readonly MeshCluster[];
  /** Say what would be done and change nothing. */
  readonly plan?: boolean | undefined;
  /** Requests a second over each ordered pair of clusters; 0 sends none and measures nothing. */
  readonly rate: number;
  /** How long one gate may take. Milliseconds. */
  readonly gateTimeoutMs: number;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

type Done = Pick<RotationReport, 'steps' | 'load' | 'proofs' | 'error' | 'notes'>;

/**
 * Do the work of a rotation with requests beside it. Work that fails is no exception but an `error` of
 * the report, since what became of the requests matters then most of all. INTERRUPTED is thrown.
 */
export async function withLoad(
  options: RotateOptions,
  work: (context: RotationContext) => Promise<RotationReport['proofs']>,
): Promise<Done> {
  const { topology, clusters, gateTimeoutMs, reporter, signal, rate } = options;
  const steps: RotationStep[] = [];
  const beside = rate > 0 ? await loadBeside({ clusters, rate, reporter, signal }) : undefined;
  const load = beside?.load;
  try {
    const proofs = await work({ topology, clusters, load, gateTimeoutMs, steps, reporter, signal });
    return { steps, proofs, notes: [], load: await beside?.finish() };
  } catch (error) {
    if (!isIsthmusError(error) || error.source === 'interrupted' || error.source === 'bug') {
      await beside?.abandon();
      throw error;
    }
    return { steps, proofs: [], error: reasonOf(error), ...(await lastFigures(beside)) };
  }
}

/** What broke the work may have broken the probes too; then nothing is said of requests, and why. */
async function lastFigures(beside: LoadBeside | undefined): Promise<Pick<Done, 'load' | 'notes'>> {
  if (!beside) return { notes: [] };
  try {
    return { load: await beside.finish(), notes: [] };
  } catch (error) {
    await beside.abandon();
    return { notes: [`what became of the requests could not be read: ${messageOf(error)}`] };
  }
}

const reasonOf = ({ code, message, hint, problems }: IsthmusError): RotationReport['error'] => ({
  code,
  message,
  hint,
  problems,
});
