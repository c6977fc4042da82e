export { debianPackages } from './host/machine.ts';
export type { LocalOptions } from './node/ensure.ts';
export { localProvider } from './provider.ts';
