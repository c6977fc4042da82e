export { type CallerRecords, type FigureOptions, figuresOf, percentile, warmUp } from './figures.ts';
export { type HandshakeOptions, type HandshakeVerdict, tryHandshake } from './handshake.ts';
export { type Load, type LoadOptions, pairKey, type SinceMark, startLoad } from './load.ts';
export { type PodProbe, type PodProbeOptions, type ProbePod, startPodProbe } from './pod-probe.ts';
export { isLost, type Mark, type RequestRecord, readLine } from './record.ts';
