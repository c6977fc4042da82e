export { catalogue } from './catalogue.ts';
export { chainOf, walkChain } from './engine/chain.ts';

export { runChecks } from './engine/runner.ts';
export { Facts } from './facts/facts.ts';
export { selectChecks } from './select.ts';
export { binomialP } from './traffic/parts/binomial.ts';
