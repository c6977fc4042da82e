// The reference of mesh.yaml and its JSON Schema, both made from the schema in src/topology.
import { type JsonSchema, jsonSchema, starterFile } from '../src/topology/index.ts';

/** docs/mesh.schema.json */
export const schemaFile = (): string => `${JSON.stringify(jsonSchema(), undefined, 2)}\n`;

/** docs/mesh-file.md */
export function meshFilePage(): string {
  const schema = jsonSchema();
  const spec = schema.properties?.['spec'];
  const clusters = spec?.properties?.['clusters']?.items?.oneOf ?? [];
  const sections = [
    section('The file', schema),
    ...nested(schema, []),
    ...clusters.flatMap((variant) => {
      const provider = String(variant.properties?.['provider']?.const);
      const path = ['spec', 'clusters[]'];
      return [
        section(`A cluster of provider ${provider}`, variant),
        ...nested(variant, path, ` (${provider})`),
      ];
    }),
  ];
  return `${introduction}${sections.join('\n')}`;
}

const introduction = `# mesh.yaml

Made from the schema by \`npm run docs\`. Without a file, isthmus uses two local clusters; \`isthmus init\`
writes this one, which means the same:

\`\`\`yaml
${starterFile()}\`\`\`

Every key is checked before anything is touched, and all problems are reported at once with line, column
and path. Unknown keys are refused. Quote versions and accounts: YAML reads \`1.30\` as the number 1.3.
Anchors, aliases and \`<<\` merges work. For completion in an editor, point it at
[mesh.schema.json](mesh.schema.json), for instance with a first line
\`# yaml-language-server: $schema=docs/mesh.schema.json\`. More files are in [examples](../examples).

Beyond the form, isthmus refuses: clusters whose CIDRs overlap each other, the Services' 172.20.0.0/16 or,
for local clusters, 100.64.0.0/10; CIDRs with host bits, of the wrong family or of a size that the provider
cannot use; repeated names or contexts; zones outside the region; an API server that nothing could reach; a
cluster's CA that would outlive its root; wishes for a Service that contradict each other or the clusters.
Clusters that name the same VPC may share its CIDR.

`;

function nested(schema: JsonSchema, path: readonly string[], suffix = ''): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    const [child, here] = inside(value, [...path, key]);
    if (!child.properties) return [];
    return [section(`${here.join('.')}${suffix}`, child), ...nested(child, here, suffix)];
  });
}

/** What is in a list, or under each key of a map whose keys the user chooses. */
function inside(schema: JsonSchema, path: readonly string[]): [JsonSchema, readonly string[]] {
  if (schema.items?.properties) return [schema.items, [...path.slice(0, -1), `${path.at(-1)}[]`]];
  const { additionalProperties: values } = schema;
  return typeof values === 'object' && values.properties ? [values, [...path, '*']] : [schema, path];
}

function section(title: string, schema: JsonSchema): string {
  const rows = Object.entries(schema.properties ?? {}).map(
    ([key, child]) =>
      `| \`${key}\` | ${typeText(child)} | ${presence(key, child, schema)} | ${cell(child.description ?? '')} |`,
  );
  return `## ${title}\n\n${schema.description ?? ''}\n\n| key | value | default | meaning |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
}

function typeText(schema: JsonSchema): string {
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.oneOf) return 'map';
  if (schema.type === 'array') return `list of ${plural(schema.items)}`;
  if (schema.type === 'object') return 'map';
  if (schema.type === 'integer' && schema.minimum !== undefined && schema.minimum > 0)
    return `${schema.minimum} to ${schema.maximum}`;
  return names[schema.type ?? ''] ?? String(schema.type);
}

const names: Readonly<Record<string, string>> = {
  string: 'text',
  boolean: 'true or false',
  integer: 'number',
};

const plural = (items: JsonSchema | undefined) =>
  items?.oneOf ? 'clusters' : items?.properties ? 'maps' : 'text';

function presence(key: string, child: JsonSchema, parent: JsonSchema): string {
  if (parent.required?.includes(key)) return 'required';
  if (child.default === undefined || child.properties) return '';
  return `\`${JSON.stringify(child.default)}\``;
}

const cell = (text: string) => text.replaceAll('|', '\\|');
