import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

/** Run openssl in a folder that holds the given files; returns what it printed, both streams. */
export function openssl(args: readonly string[], files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-pki-'));
  try {
    for (const [name, content] of Object.entries(files))
      writeFileSync(join(folder, name), content, { mode: 0o600 });
    const result = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' });
    return result.stdout + result.stderr;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * What `openssl verify` says of a leaf as client and as server, one line each: `sslclient: OK`, or the reason
 * of its refusal.
 */
export function verdicts(chain: {
  readonly leaf: string;
  readonly untrusted: string;
  readonly root: string;
  /** Hold certificates to RFC 5280 to the letter; true by default. */
  readonly strict?: boolean;
}): string[] {
  const files = { 'leaf.pem': chain.leaf, 'untrusted.pem': chain.untrusted, 'root.pem': chain.root };
  return ['sslclient', 'sslserver'].map((purpose) => {
    const strict = chain.strict === false ? [] : ['-x509_strict'];
    const args = ['verify', ...strict, '-purpose', purpose, '-CAfile', 'root.pem'];
    const said = openssl([...args, '-untrusted', 'untrusted.pem', 'leaf.pem'], files);
    return `${purpose}: ${/leaf.pem: (OK)/.exec(said)?.[1] ?? /: (.*)\n/.exec(said)?.[1] ?? said}`;
  });
}
