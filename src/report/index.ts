export {
  type DrillFigure,
  type DrillReport,
  type DrillStep,
  type DrillTable,
  type DrillTimeline,
  type DrillUndoReport,
  type DrillVerdict,
  exitCodeOfDrill,
  exitCodeOfUndo,
  type Hypothesis,
} from './drill.ts';
export type { Event, SpanEnd } from './event.ts';
export { groupBy } from './group-by.ts';
export type { LoadReport, LossFigures, PairFigures, PeriodFigures } from './load.ts';
export { type NoteCode, noteCodes } from './note-codes.ts';
export {
  blocked,
  type CheckResult,
  exitCodeOfResults,
  fail,
  isUnproven,
  type Outcome,
  type Problem,
  pass,
  type Status,
  skip,
  unproven,
  warn,
} from './outcome.ts';
export { type ClusterPlan, countChanges, type PlanChange, type PlanReport } from './plan.ts';
export { redact } from './redact.ts';
export type { Finding, Remedy } from './remedy.ts';
export type { ClusterRemovalPlan, KeptThing, RemovalPlan } from './removal.ts';
export { exitCodeOfRenewal, type RenewalItem, type RenewalReport } from './renewal.ts';
export { note, type Reporter, recordingReporter, type SpanHandle, silentReporter, span } from './reporter.ts';
export {
  exitCodeOfRotation,
  type RefusalProof,
  type RootName,
  type RotationReport,
  type RotationStep,
  type RotationStop,
} from './rotation.ts';
export type {
  CertificateStatus,
  ClusterStatus,
  GatewayStatus,
  MeshWork,
  RemoteStatus,
  StatusReport,
} from './status.ts';
export type { TrustReport } from './trust.ts';
export { exitCodeOfUnseen, type UnseenCluster, type UnseenState, unseenState } from './unseen.ts';
export type { DrillAtWork, VersionView } from './view/cluster.ts';
export type { CallerEndpoints, EndpointRow, ServiceRow } from './view/endpoints.ts';
export type { TrafficFigures } from './view/traffic.ts';
export type { CertificateRow, LeafRow, TrustView } from './view/trust.ts';
