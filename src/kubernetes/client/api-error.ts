import { IsthmusError, isIsthmusError } from '../../errors/index.ts';
import { redact } from '../../report/index.ts';
import type { FieldConflict } from '../types.ts';

/** What an API server's Status object says about a refusal. */
export interface Refusal {
  /** HTTP status. */
  readonly status: number;
  /** Kubernetes' one-word reason, for instance `NotFound` or `Forbidden`. */
  readonly reason: string | undefined;
  readonly message: string;
  /** Fields that an apply without force would have to take from other managers. */
  readonly conflicts?: readonly FieldConflict[] | undefined;
}

/** API_REFUSED together with what the API server said, for callers that tell refusals apart. */
export class ApiError extends IsthmusError {
  readonly status: number;
  readonly reason: string | undefined;
  readonly conflicts: readonly FieldConflict[];

  constructor(message: string, refusal: Refusal, hint: string | undefined) {
    super('API_REFUSED', message, { hint });
    this.status = refusal.status;
    this.reason = refusal.reason;
    this.conflicts = refusal.conflicts ?? [];
  }
}

/** The HTTP status of a refusal, or undefined for anything else that was thrown. */
export function refusalStatus(error: unknown): number | undefined {
  if (!isIsthmusError(error) || error.code !== 'API_REFUSED' || !('status' in error)) return undefined;
  return error.status as number;
}

interface Status {
  readonly kind?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: {
    readonly causes?: readonly { reason?: string; message?: string; field?: string }[];
  };
}

/** Server-side apply names the manager in the text alone: `conflict with "helm" using apps/v1`. */
function conflictsIn({ details }: Status): FieldConflict[] {
  const causes = (details?.causes ?? []).filter(({ reason }) => reason === 'FieldManagerConflict');
  return causes.map(({ message = '', field = '' }) => ({
    manager: /^conflict with "([^"]+)"/.exec(message)?.[1] ?? 'another manager',
    field,
  }));
}

/** Read a Status body, which may quote a token back, or whatever else stands where one should. */
export function parseRefusal(status: number, body: string): Refusal {
  try {
    const parsed = JSON.parse(body) as Status;
    if (parsed.kind === 'Status')
      return {
        status,
        reason: parsed.reason,
        message: redact(parsed.message || `HTTP ${status}`),
        conflicts: conflictsIn(parsed),
      };
  } catch {
    // Proxies and load balancers in front of an API server answer in HTML or text.
  }
  const lines = redact(body).trim().split('\n');
  // Health endpoints list what they looked at; what failed has a minus.
  const line = lines.find((one) => one.startsWith('[-]')) ?? lines[0];
  return { status, reason: undefined, message: (line || `HTTP ${status}`).slice(0, 300) };
}

const hints: Record<number, string> = {
  401: 'the credentials are not accepted: log in again or renew them',
  403: 'grant the user of this context the rights that the message names',
  413: 'the object is too large for the API server',
};

/** API_REFUSED for one call to one cluster. */
export function refused(cluster: string, call: { method: string; path: string }, refusal: Refusal): ApiError {
  const what = `${call.method} ${call.path.split('?')[0]}`;
  const reason = refusal.reason ? ` (${refusal.reason})` : '';
  return new ApiError(
    `${cluster} refused ${what}: ${refusal.message}${reason}`,
    refusal,
    hints[refusal.status],
  );
}

/** Why there was no answer, in words; the node.js code where there are none. */
function explain(error: NodeJS.ErrnoException): { why: string; hint: string } {
  const code = error.code ?? '';
  if (code === 'ECONNREFUSED')
    return { why: 'connection refused', hint: 'check that the cluster runs and that the address is right' };
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return { why: 'the host name does not resolve', hint: 'check the server address and DNS' };
  if (/CERT|SELF_SIGNED|VERIFY|ALTNAME|ERR_SSL|ERR_TLS/.test(code))
    return { why: `TLS: ${error.message}`, hint: 'check the certificate authority in the kubeconfig' };
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH')
    return { why: 'no route to it', hint: 'check the network, VPN and the endpoint access of the cluster' };
  return {
    why: redact(error.message || code),
    hint: 'check that the cluster runs and can be reached from here',
  };
}

/** CLUSTER_UNREACHABLE with cluster, address and reason. */
export function unreachable(cluster: string, server: string, error: NodeJS.ErrnoException): IsthmusError {
  const { why, hint } = explain(error);
  return new IsthmusError('CLUSTER_UNREACHABLE', `${cluster} at ${server} does not answer: ${why}`, {
    hint,
    cause: error,
  });
}
