// The main show

export * from './errors/index.ts';
export * from './mesh/index.ts';
// Supporting acts
export * from './report/index.ts';
export * from './topology/index.ts';
