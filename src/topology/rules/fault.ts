/** Something wrong in the file, placed by a path inside the document. */
export interface Fault {
  readonly path: readonly (string | number)[];
  /** Point at the key's name instead of its value. */
  readonly at?: 'key' | undefined;
  readonly message: string;
  readonly hint: string;
}

/** `spec.clusters[1].cidr`; keys that are no plain words are quoted. */
export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    const word = String(step);
    if (!/^[A-Za-z_][\w-]*$/.test(word)) return `${text}[${JSON.stringify(word)}]`;
    return text ? `${text}.${word}` : word;
  }, '');
}

/** A value as a message shows it, cut short. A map, which may contain itself through an alias, is not looked into. */
export function valueText(value: unknown): string {
  const isList = Array.isArray(value) && value.every((entry) => typeof entry !== 'object');
  const shown = typeof value !== 'object' || isList ? JSON.stringify(value) : String(value);
  return shown.length > 80 ? `${shown.slice(0, 77)}…` : shown;
}
