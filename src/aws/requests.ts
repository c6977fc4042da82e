import { setMaxListeners } from 'node:events';
import type { Agent } from 'node:http';
import { awsAgent } from './agents.ts';

/** Time limits of one HTTP request to AWS; milliseconds. */
export interface RequestLimits {
  readonly connectionTimeout: number;
  readonly requestTimeout: number;
  /** Without it the SDK only warns. */
  readonly throwOnRequestTimeout: true;
}

/** Every call that isthmus makes is a short question; what takes long in AWS is asked about again and again. */
export const requestLimits: RequestLimits = {
  connectionTimeout: 10_000,
  requestTimeout: 30_000,
  throwOnRequestTimeout: true,
};

/** How one client's requests are made: their limits, and the way that the environment wants them to take. */
export interface RequestHandling extends RequestLimits {
  readonly httpAgent?: Agent;
  readonly httpsAgent?: Agent;
}

/** The limits with the environment's proxies and the profile's authorities. Throws as {@link awsAgent} does. */
export async function requestHandling({
  profile,
  limits = requestLimits,
}: {
  readonly profile: string | undefined;
  readonly limits?: RequestLimits | undefined;
}): Promise<RequestHandling> {
  const agent = await awsAgent(profile);
  return agent ? { ...limits, httpAgent: agent, httpsAgent: agent } : limits;
}

type Handle = (request: never, options?: object) => Promise<unknown>;

/** As much of an SDK client as is needed to end its calls. */
export interface InterruptibleClient {
  readonly config: { readonly requestHandler: object };
}

/**
 * Let a signal end every call of a client, also those of paginators, which take none. The SDK gives its
 * handler the options of the one call, so the signal is put there.
 */
export function interruptibleClient<T extends InterruptibleClient>(
  client: T,
  signal: AbortSignal | undefined,
): T {
  if (!signal) return client;
  // Many calls may be under way at once, each with a listener of its own; node.js warns beyond ten.
  setMaxListeners(0, signal);
  const handler = client.config.requestHandler as { handle: Handle };
  const handle = handler.handle.bind(handler);
  handler.handle = (request, options) => handle(request, { ...options, abortSignal: signal });
  return client;
}
