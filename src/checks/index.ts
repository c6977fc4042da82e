export { catalogue } from './catalogue.ts';
export { chainOf, walkChain } from './engine/chain.ts';

export { runChecks } from './engine/runner.ts';
export { Facts } from './facts/facts.ts';
export { observeTrust, type TrustFacts } from './facts/trust-facts.ts';
export { selectChecks } from './select.ts';
export { binomialP, requestsToSee } from './traffic/parts/binomial.ts';
export { diffEndpoints } from './traffic/parts/endpoint-diff.ts';
export { judgeSplit } from './traffic/parts/split-verdict.ts';
