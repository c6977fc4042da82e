/** Whose word refused a call, by what AWS says of it (docs.aws.amazon.com/IAM, "Troubleshoot access denied error messages"). */
const denials: readonly (readonly [RegExp, string])[] = [
  [
    /service control policy/i,
    'the organisation forbids it by a service control policy; whoever manages the organisation can change that, this identity’s own policy cannot',
  ],
  [
    /resource control policy/i,
    'the organisation forbids it by a resource control policy; whoever manages the organisation can change that',
  ],
  [
    /permissions boundary/i,
    'the identity’s permissions boundary does not allow it; widen the boundary, since its own policy cannot',
  ],
  [
    /session policy/i,
    'the session was begun with a policy that does not allow it; sign in without that policy',
  ],
  [/VPC endpoint policy/i, 'the VPC endpoint’s policy does not allow it; change that policy'],
  [
    /explicit deny in (an|the) identity-based policy/i,
    'a policy of this identity denies it outright; take that denial away, since nothing can allow it meanwhile',
  ],
  [
    /explicit deny in (a|the) resource-based policy/i,
    'the policy of the thing itself denies it; change that policy',
  ],
];

/** What to do about a refused call; undefined where AWS does not say that more than a missing permission stands in the way. */
export function denialRemedy(message: string): string | undefined {
  return denials.find(([pattern]) => pattern.test(message))?.[1];
}
