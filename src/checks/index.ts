export { catalogue } from './catalogue.ts';
export { chainOf, type Link, type WalkOptions, walkChain } from './chain.ts';
export {
  type Check,
  type CheckContext,
  type CheckDefinition,
  defineCheck,
  type LookContext,
  type Scope,
} from './check.ts';
export { Facts } from './facts.ts';
export { type RunChecksOptions, runChecks } from './runner.ts';
export { selectChecks } from './select.ts';
