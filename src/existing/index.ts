export { existingProvider } from './provider.ts';
