// The main show
export * from './mesh/index.ts';
export * from './topology/index.ts';
export * from './errors/index.ts';
// Supporting acts
export * from './report/index.ts';
