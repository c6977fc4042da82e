import type { TargetState } from '../../provider/index.ts';
import type { HealthCheck } from './health-check.ts';
import type { HealthProbeResult } from './health-probe.ts';

/** What is known of a target so far. */
export interface Health {
  readonly state: Extract<TargetState, 'initial' | 'healthy' | 'unhealthy'>;
  readonly reason: string | undefined;
  readonly description: string | undefined;
  /** Equal answers in a row, and which. */
  readonly row: { readonly ok: boolean; readonly length: number };
}

export const unprobed: Health = {
  state: 'initial',
  reason: 'Elb.RegistrationInProgress',
  description: 'Target registration is in progress',
  row: { ok: false, length: 0 },
};

/** The next health after one more answer; a state changes only after its threshold of equal answers. */
export function nextHealth(health: Health, result: HealthProbeResult, check: HealthCheck): Health {
  const length = health.row.ok === result.ok ? health.row.length + 1 : 1;
  const row = { ok: result.ok, length };
  if (result.ok && (health.state === 'healthy' || length >= check.healthyThreshold))
    return { state: 'healthy', reason: undefined, description: undefined, row };
  if (!result.ok && (health.state === 'unhealthy' || length >= check.unhealthyThreshold))
    return { state: 'unhealthy', reason: result.reason, description: result.description, row };
  if (health.state !== 'initial') return { ...health, row };
  return {
    state: 'initial',
    reason: 'Elb.InitialHealthChecking',
    description: 'Initial health checks in progress',
    row,
  };
}
