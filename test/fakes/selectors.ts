import type { KubeObject } from '../../src/kubernetes/index.ts';

/** Does an object have the labels that a `labelSelector` asks for? All forms that kubectl takes but numbers. */
export function matchesLabels({ metadata }: KubeObject, selector: string): boolean {
  return requirements(selector).every((text) => meets(metadata?.labels ?? {}, text));
}

/** Commas separate requirements, save within the parentheses of a set. */
const requirements = (selector: string): string[] =>
  selector
    .split(/,(?![^(]*\))/)
    .map((one) => one.trim())
    .filter(Boolean);

function meets(labels: Readonly<Record<string, string>>, text: string): boolean {
  const set = /^(\S+)\s+(in|notin)\s+\(([^)]*)\)$/.exec(text);
  if (set) {
    const [, key = '', how, values = ''] = set;
    const among = values
      .split(',')
      .map((one) => one.trim())
      .includes(labels[key] ?? '\0');
    return how === 'in' ? among : !among;
  }
  const equal = /^([^=!]+?)\s*(==|=|!=)\s*(.*)$/.exec(text);
  if (equal) {
    const [, key = '', how, value] = equal;
    return how === '!=' ? labels[key] !== value : labels[key] === value;
  }
  return text.startsWith('!') ? !(text.slice(1) in labels) : text in labels;
}

/** Does an object have the values that a `fieldSelector` asks for? Any path of scalars is taken. */
export function matchesFields(object: KubeObject, selector: string): boolean {
  return requirements(selector).every((text) => {
    const [, path = '', how, value] = /^(.+?)\s*(==|=|!=)\s*(.*)$/.exec(text) ?? [];
    const found = String(valueAt(object, path.split('.')) ?? '');
    return how === '!=' ? found !== value : found === value;
  });
}

const valueAt = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], value);
