import { redact } from '../../report/index.ts';

/** Names come again with every look; what is taken out of a text does not change. */
const known = new Map<string, string>();
const mostKnown = 50_000;

function redacted(text: string): string {
  const before = known.get(text);
  if (before !== undefined) return before;
  if (known.size >= mostKnown) known.clear();
  const clean = redact(text);
  known.set(text, clean);
  return clean;
}

/** The same value with everything that could grant access taken out of each of its texts. */
export function cleaned<T>(value: T): T {
  if (typeof value === 'string') return redacted(value) as T;
  if (Array.isArray(value)) return value.map(cleaned) as T;
  if (value instanceof Date) return value.toISOString() as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) =>
      inner === undefined ? [] : [[key, cleanedOf(key, inner)]],
    ),
  ) as T;
}

/** A text whose key says that it is a secret is one, however harmless it looks by itself. */
function cleanedOf(key: string, inner: unknown): unknown {
  if (typeof inner !== 'string') return cleaned(inner);
  const both = `${key}: ${inner}`;
  if (redacted(both) === both) return inner;
  return redacted(inner) === inner ? '[removed]' : redacted(inner);
}
