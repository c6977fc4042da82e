import * as z from 'zod';
import { meshSchema } from './mesh-schema.ts';

/** The part of JSON Schema that the mesh file needs. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
  readonly oneOf?: readonly JsonSchema[];
}

let made: JsonSchema | undefined;

/** JSON Schema (draft 7, which editors understand best) of the mesh file as a person writes it. */
export function jsonSchema(): JsonSchema {
  if (made) return made;
  const { $schema, ...schema } = z.toJSONSchema(meshSchema, { io: 'input', target: 'draft-7' }) as JsonSchema;
  made = { ...($schema ? { $schema } : {}), title: 'isthmus mesh file', ...schema };
  return made;
}

/**
 * The schema of what stands at a path, given the document's data: which kind of cluster an entry is
 * depends on its provider. Undefined where nothing is known.
 */
export function schemaAt(path: readonly PropertyKey[], data: unknown): JsonSchema | undefined {
  let schema: JsonSchema | undefined = jsonSchema();
  let value = data;
  for (const step of path) {
    if (!schema) return undefined;
    value = childOf(value, step);
    schema = typeof step === 'number' ? schema.items : propertyOf(schema, step);
    schema = schema?.oneOf ? variantOf(schema.oneOf, value) : schema;
  }
  return schema;
}

/** Every variant of an entry of `spec.clusters`, by provider. */
export function clusterVariants(): ReadonlyMap<string, JsonSchema> {
  const variants = jsonSchema().properties?.['spec']?.properties?.['clusters']?.items?.oneOf ?? [];
  return new Map(variants.map((variant) => [String(variant.properties?.['provider']?.const), variant]));
}

/** What stands under one step of a path; undefined if nothing does. */
export function childOf(value: unknown, step: PropertyKey): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
  return (value as Record<PropertyKey, unknown>)[step];
}

function propertyOf(schema: JsonSchema, step: PropertyKey): JsonSchema | undefined {
  const properties = schema.properties ?? {};
  if (typeof step === 'string' && Object.hasOwn(properties, step)) return properties[step];
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

const variantOf = (variants: readonly JsonSchema[], value: unknown) =>
  variants.find((variant) => variant.properties?.['provider']?.const === childOf(value, 'provider'));
