export type { RequestTarget } from './arguments.ts';
export { type DetachedProbe, startDetachedProbe } from './detached-probe.ts';
export { figuresOf, lossReason, percentile } from './figures.ts';
export { type HandshakeVerdict, tryHandshake } from './handshake.ts';
export { type Load, pairKey, startLoad } from './load.ts';
export { longConnections } from './long-connections.ts';
export type { ProbePod } from './pod-probe.ts';
export { isLost, type RequestRecord, readLine } from './record.ts';
export { type CallerRecords, type Requests, startRequests } from './requests.ts';
