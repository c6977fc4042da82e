const patterns: readonly [RegExp, string][] = [
  [/-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]*?(-----END \1-----|$)/g, '[private key removed]'],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, '[token removed]'],
  [/\bk8s-aws-v1\.[\w-]+/g, '[token removed]'],
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, '$1 [removed]'],
  [/\b(AKIA|ASIA)[A-Z0-9]{16}\b/g, '[access key removed]'],
  [/\b(X-Amz-(?:Signature|Credential|Security-Token))=[^&\s"']+/gi, '$1=[removed]'],
  [
    /(["']?(?:client-key-data|token|password|secret[_-]?access[_-]?key|aws_secret_access_key|session[_-]?token|ca-key\.pem)["']?\s*[:=]\s*["']?)[^\s"',}]{6,}/gi,
    '$1[removed]',
  ],
  [/\bLS0tLS1CRUdJTi[\w+/=]*/g, '[PEM removed]'],
];

/**
 * A text with everything that could grant access taken out: private keys, bearer and service
 * account tokens, AWS keys and signatures, kubeconfig credentials. Errs on the side of removing.
 */
export function redact(text: string): string {
  return patterns.reduce((cleaned, [pattern, replacement]) => cleaned.replace(pattern, replacement), text);
}
