/**
 * A caller's proxy gives an idle connection up before its server may: whoever closes one of HTTP/1 may meet the
 * next request on its way, which then comes back as 503. Together with what an HTTP connection may last, this is
 * less than gateways and the sample serve on, so what ends closes none.
 */
export const IDLE_SECONDS = 5;

/**
 * `connectionPool.http` of every DestinationRule that isthmus makes, as only the most specific one of a host
 * holds. Raw TCP, and streams under way, are never idle by it.
 */
export const shortIdle = { idleTimeout: `${IDLE_SECONDS}s` } as const;
