export { catalogue } from './catalogue.ts';
export { chainOf, type Link, type WalkOptions, walkChain } from './engine/chain.ts';
export {
  type Check,
  type CheckContext,
  type CheckDefinition,
  type CheckRunContext,
  defineCheck,
  type Scope,
} from './engine/check.ts';
export { type RunChecksOptions, runChecks } from './engine/runner.ts';
export { Facts } from './facts/facts.ts';
export { selectChecks } from './select.ts';
