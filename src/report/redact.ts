interface Rule {
  readonly pattern: RegExp;
  readonly put: (found: string, ...groups: string[]) => string;
  /** What every text has that the pattern is found in, and takes less time to look for: pages of proxies are long. */
  readonly hint?: RegExp;
}

const removed = '[removed]';

/** Ends of keys whose values are secrets in kubeconfigs, environments, headers, Helm values and Envoy filters. */
const secretKeys = [
  'client-key-data',
  'ca-key\\.pem',
  'tls\\.key',
  'token',
  'password',
  'passwd',
  'passphrase',
  '(?:client|hmac|shared|cookie|token)[_-]?secret',
  'secret[_-]?access[_-]?key',
  'api[_-]?key',
  'private[_-]?key',
  'authorization',
].join('|');

/** A whole key: it begins where a word does and has an end to its length, so that long texts take no time. */
const key = String.raw`(?<![\w-])[\w-]{0,100}?(?:${secretKeys})`;
/** A value in quotes, or one word. */
const value = String.raw`"(?:[^"\\\n]|\\.)+"|'[^'\n]+'|(?!(?:null|true|false)\b)[^\s"',}{[\]\\]+`;

/** `key: value`, also as JSON in a string, or with YAML's | or > and the value below. */
const keyed = String.raw`(["']?${key}\\?["']?[^\S\n]*[:=][^\S\n]*(?:[|>][-+]?\n\s*)?(?:\\(?=["']))?)(${value})`;
/** The same where Envoy puts a data source between the key and the value. */
const sourced = String.raw`((?<![\w-])\w{0,100}?(?:secret|password|private_?key)["']?\s*:[\s{]*(?:["']?secret["']?\s*:[\s{]*)?["']?inline_?(?:string|bytes)["']?\s*:\s*)(${value})`;

const rules: readonly Rule[] = [
  {
    pattern: /-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]*?(-----END \1-----|$)/g,
    put: () => '[private key removed]',
  },
  {
    // The rest of a key that the beginning of the text cut off.
    pattern: /^(?:[\w+/=]{1,76}[ \t\r]*\n){1,120}-----END [A-Z ]*PRIVATE KEY-----/g,
    put: () => '[private key removed]',
  },
  { pattern: /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, put: () => '[token removed]' },
  { pattern: /\bk8s-aws-v1\.[\w-]+/g, put: () => '[token removed]' },
  { pattern: /\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, put: (_, scheme) => `${scheme} ${removed}` },
  { pattern: /\b(AKIA|ASIA)[A-Z0-9]{12,}\b/g, put: () => '[access key removed]' },
  {
    pattern: /\b(X-Amz-(?:Signature|Credential|Security-Token))\s?([=:])\s*[^&\s"']+/gi,
    put: (_, parameter, sign) => `${parameter}${sign}${removed}`,
  },
  {
    hint: /:\/\/[^\s/@:"']{1,200}:[^\s/@"']{1,2000}@/,
    pattern: /(?<![\w+.-])([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@:"']{1,200}:[^\s/@"']{1,2000}@/gi,
    put: (_, scheme) => `${scheme}${removed}@`,
  },
  { hint: new RegExp(secretKeys, 'i'), pattern: new RegExp(keyed, 'gi'), put: withoutValue },
  { hint: /inline_?(?:string|bytes)/i, pattern: new RegExp(sourced, 'gi'), put: withoutValue },
  {
    pattern: /((?<![\w-])--[\w-]{0,100}?(?:token|password|secret)) +[^\s"',]+/gi,
    put: (_, flag) => `${flag} ${removed}`,
  },
  // From the beginning of a word on: else every letter of every shorter one would be tried as a beginning.
  { pattern: /(?<![\w+/-])[\w+/-]{40,}={0,2}/g, put: withoutHidden },
];

/**
 * A text with everything that could grant access taken out: private keys, bearer and service
 * account tokens, AWS keys and signatures, kubeconfig credentials, also where they are encoded as
 * base64. Certificates stay. Errs on the side of removing.
 */
export function redact(text: string): string {
  return rules.reduce(
    (cleaned, { hint, pattern, put }) =>
      hint === undefined || hint.test(cleaned) ? cleaned.replace(pattern, put) : cleaned,
    text,
  );
}

function withoutValue(_found: string, key = '', secret = ''): string {
  const [quote = ''] = /^["']/.exec(secret) ?? [];
  return `${key}${quote}${removed}${quote}`;
}

/** Base64 of a text that would itself be redacted goes; all else, certificates and hashes, stays. */
function withoutHidden(encoded: string): string {
  const text = Buffer.from(encoded, 'base64').toString('latin1');
  if (!isText(text)) return encoded;
  return redact(text) === text ? encoded : '[encoded secret removed]';
}

const isText = (text: string): boolean => /^[\t\n\r\x20-\x7e]*$/.test(text);
