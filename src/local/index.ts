export type { LocalOptions } from './ensure.ts';
export { debianPackages } from './machine.ts';
export { localProvider } from './provider.ts';
