import type { Deployment, Pod } from '../../../src/kubernetes/index.ts';

/** A Deployment as far as a check reads it. */
export const deployment = (parts: object): Deployment => parts as Deployment;

/** A pod as far as a check reads it. */
export const pod = (parts: object): Pod => parts as Pod;
