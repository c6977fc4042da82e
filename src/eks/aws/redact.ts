/** Shapes of what must never be shown: tokens for EKS, access keys, signatures and session tokens. */
const secrets: readonly RegExp[] = [
  /k8s-aws-v1\.[A-Za-z0-9_-]+/g,
  /\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b/g,
  /(?<=x-amz-(?:security-token|signature|credential)[=:]\s*)[^\s&'"]+/gi,
  /(?<=\b(?:aws_secret_access_key|aws_session_token|SecretAccessKey|SessionToken)["']?\s*[=:]\s*["']?)[^\s"',}]+/gi,
];

/** A message from AWS without anything that could be used to sign in. */
export function redact(text: string): string {
  return secrets.reduce((clean, secret) => clean.replace(secret, '[removed]'), text);
}
