import type { PolicyDocument, PolicyStatement } from '../../aws/index.ts';

/**
 * The most characters of a managed policy, white space not counted. Source: IAM's quotas,
 * docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
export const policyLimit = 6144;

/**
 * A policy as few policies of which IAM takes each; together they allow the same, as every statement stands
 * for itself and none denies. Pure.
 */
export function policyParts({ Version, Statement }: PolicyDocument): PolicyDocument[] {
  const parts: PolicyStatement[][] = [];
  for (const statement of Statement) {
    const last = parts.at(-1);
    if (last && sizeOf({ Version, Statement: [...last, statement] }) <= policyLimit) last.push(statement);
    else parts.push([statement]);
  }
  return parts.map((part) => ({ Version, Statement: part }));
}

/** No value of ours has white space, so JSON without any has as many characters as IAM counts. */
const sizeOf = (policy: PolicyDocument): number => JSON.stringify(policy).length;
