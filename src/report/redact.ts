type Rule = readonly [pattern: RegExp, put: (found: string, ...groups: string[]) => string];

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
  [/-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]*?(-----END \1-----|$)/g, () => '[private key removed]'],
  // The rest of a key that the beginning of the text cut off.
  [/^(?:[\w+/=]{1,76}[ \t\r]*\n){1,120}-----END [A-Z ]*PRIVATE KEY-----/g, () => '[private key removed]'],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, () => '[token removed]'],
  [/\bk8s-aws-v1\.[\w-]+/g, () => '[token removed]'],
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, (_, scheme) => `${scheme} ${removed}`],
  [/\b(AKIA|ASIA)[A-Z0-9]{12,}\b/g, () => '[access key removed]'],
  [
    /\b(X-Amz-(?:Signature|Credential|Security-Token))\s?([=:])\s*[^&\s"']+/gi,
    (_, parameter, sign) => `${parameter}${sign}${removed}`,
  ],
  [
    /(?<![\w+.-])([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@:"']{1,200}:[^\s/@"']{1,2000}@/gi,
    (_, scheme) => `${scheme}${removed}@`,
  ],
  [new RegExp(keyed, 'gi'), withoutValue],
  [new RegExp(sourced, 'gi'), withoutValue],
  [/((?<![\w-])--[\w-]{0,100}?(?:token|password|secret)) +[^\s"',]+/gi, (_, flag) => `${flag} ${removed}`],
  [/[\w+/-]{40,}={0,2}/g, withoutHidden],
];

/**
 * A text with everything that could grant access taken out: private keys, bearer and service
 * account tokens, AWS keys and signatures, kubeconfig credentials, also where they are encoded as
 * base64. Certificates stay. Errs on the side of removing.
 */
export function redact(text: string): string {
  return rules.reduce((cleaned, [pattern, put]) => cleaned.replace(pattern, put), text);
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
