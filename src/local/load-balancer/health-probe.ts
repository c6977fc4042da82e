import { get } from 'node:http';
import { connect } from 'node:net';
import type { HealthCheck } from './health-check.ts';

/** What one probe saw; `reason` is ELB's code for it. */
export type HealthProbeResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: string; readonly description: string };

const timeoutMs = 2_000;

const timedOut: HealthProbeResult = {
  ok: false,
  reason: 'Target.Timeout',
  description: 'Request timed out',
};
const refused = (why: string): HealthProbeResult => ({
  ok: false,
  reason: 'Target.FailedHealthChecks',
  description: `Health checks failed: ${why}`,
});

/** Ask one target once. Never throws. */
export function healthProbe(address: string, port: number, check: HealthCheck): Promise<HealthProbeResult> {
  return check.protocol === 'http' ? probeHttp(address, port, check.path) : probeTcp(address, port);
}

function probeTcp(host: string, port: number): Promise<HealthProbeResult> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const end = (result: HealthProbeResult) => {
      socket.destroy();
      resolve(result);
    };
    socket.on('connect', () => end({ ok: true }));
    socket.on('timeout', () => end(timedOut));
    socket.on('error', (error: NodeJS.ErrnoException) => end(refused(error.code ?? error.message)));
  });
}

function probeHttp(host: string, port: number, path: string): Promise<HealthProbeResult> {
  return new Promise((resolve) => {
    const request = get({ host, port, path, agent: false, timeout: timeoutMs }, (response) => {
      const status = response.statusCode ?? 0;
      response.destroy();
      const description = `Health checks failed with these codes: [${status}]`;
      resolve(
        status >= 200 && status < 400
          ? { ok: true }
          : { ok: false, reason: 'Target.ResponseCodeMismatch', description },
      );
    });
    request.on('timeout', () => {
      request.destroy();
      resolve(timedOut);
    });
    request.on('error', (error: NodeJS.ErrnoException) => resolve(refused(error.code ?? error.message)));
  });
}
