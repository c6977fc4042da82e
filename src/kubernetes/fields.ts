/** A map within an object, of whatever kind: field names and their values. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether a value within an object has fields, unlike a list or a scalar. */
export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
