import { parseBundle } from '../../pki/index.ts';

/** How the roots of a PEM text differ from those expected; undefined if they are the same. */
export function rootsDiffer(pem: string, expected: ReadonlySet<string>): string | undefined {
  const found = new Set(parseBundle(pem).map(({ fingerprintSha256 }) => fingerprintSha256));
  const missing = [...expected].filter((print) => !found.has(print));
  const left = [...found].filter((print) => !expected.has(print));
  const parts = [
    ...(missing.length > 0 ? [`lacks ${short(missing)}`] : []),
    ...(left.length > 0 ? [`still has ${short(left)}`] : []),
  ];
  return parts.length > 0 ? parts.join(' and ') : undefined;
}

const short = (prints: readonly string[]): string =>
  prints.map((print) => `root ${print.slice(0, 16)}`).join(', ');
