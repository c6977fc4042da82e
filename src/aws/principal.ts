/**
 * The user or role behind an ARN, without path or session, so that the forms that IAM and STS use for
 * the same principal are equal: `111122223333 role ops`.
 */
export function principalOf(arn: string): string {
  const [, , , , account = '', resource = ''] = arn.split(':');
  const parts = resource.split('/');
  if (parts[0] === 'assumed-role') return `${account} role ${parts[1] ?? ''}`;
  return `${account} ${parts[0] ?? ''} ${parts.at(-1) ?? ''}`;
}
