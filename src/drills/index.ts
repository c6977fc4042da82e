export { drillOf, drills } from './catalogue.ts';
export type { DrillSettings } from './drill.ts';
export { requireNoDrill, runDrill } from './frame/run-drill.ts';
export { defaultService, findTarget, type WantedService } from './frame/target.ts';
export { undoDrills } from './frame/undo-drills.ts';
export { drillAtWork } from './frame/undo-record.ts';
