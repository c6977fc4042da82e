import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import { IsthmusError, type Location } from '../../errors/index.ts';
import { pathText } from '../rules/fault.ts';

type Path = readonly PropertyKey[];

/** YAML text with the place of everything in it. */
export interface MeshDocument {
  readonly data: unknown;
  /** Where a path's value, or its key, stands; the nearest thing above it when it is missing. */
  locate(path: Path, at?: 'key'): Location;
  /** A scalar as it was written, for instance `1.30` where the data says 1.3. */
  sourceOf(path: Path): string | undefined;
}

/** Enough for a thousand clusters that share an anchor, too little for an expansion attack. */
const MAX_ALIASES = 2000;

/** Read YAML. Throws MESH_FILE_SYNTAX with every place that is not YAML, or not one document of it. */
export function readDocument(text: string, file: string): MeshDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const at = (offset: number): Location => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const found = [...document.errors, ...document.warnings].map((error) => ({
    ...explain(error, text),
    where: at(error.pos[0]),
  }));
  found.push(...unknownAliases(document).map((one) => ({ ...one, where: at(one.offset) })));
  if (found.length > 0)
    throw syntaxError(
      file,
      found.sort((a, b) => (a.where.line ?? 0) - (b.where.line ?? 0)),
    );
  return {
    data: toData(document, file),
    locate: (path, key) => ({ ...at(offsetOf(document, path, key)), path: pathText(path) }),
    sourceOf: (path) => {
      const node = walk(document, path).node;
      return isScalar(node) ? node.source : undefined;
    },
  };
}

interface SyntaxProblem {
  readonly message: string;
  readonly hint: string;
  readonly where: Location;
}

function syntaxError(file: string, problems: readonly SyntaxProblem[]): IsthmusError {
  const first = problems[0];
  const count = problems.length > 1 ? `, and ${problems.length - 1} more` : '';
  return new IsthmusError('MESH_FILE_SYNTAX', `${file} is not valid YAML: ${first?.message}${count}`, {
    where: first?.where ?? { file },
    problems: problems.map(({ message, hint, where }) => ({ message, hint, where })),
  });
}

function explain(error: YAMLError, text: string): { message: string; hint: string } {
  const near = (/^[^\r\n]*/.exec(text.slice(error.pos[0])) ?? [''])[0].slice(0, 40).trim();
  switch (error.code) {
    case 'DUPLICATE_KEY': {
      const key = (/^[^:\s]+/.exec(near) ?? [near])[0];
      return { message: `the key ${JSON.stringify(key)} is there twice`, hint: 'keep one of the two' };
    }
    case 'TAB_AS_INDENT':
      return {
        message: 'a tab is used for indentation',
        hint: 'indent with spaces; YAML allows no tabs there',
      };
    case 'MULTIPLE_DOCS':
      return {
        message: 'a second document begins here',
        hint: 'keep one mesh in one file, without a second ---',
      };
    case 'TAG_RESOLVE_FAILED':
      return { message: `${lower(error.message)}`, hint: 'leave the tag out; the mesh file needs none' };
    default:
      return {
        message: near ? `${lower(error.message)}, near ${JSON.stringify(near)}` : lower(error.message),
        hint: 'mend the YAML here; quotes, brackets and indentation are the usual causes',
      };
  }
}

const lower = (message: string) =>
  (message.charAt(0).toLowerCase() + message.slice(1)).replace(/\.$/, '').replace('"quote', 'quote');

function unknownAliases(document: Document) {
  const unknown: { message: string; hint: string; offset: number }[] = [];
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document)) return;
      unknown.push({
        message: `no anchor is named ${JSON.stringify(alias.source)}`,
        hint: `write &${alias.source} at what *${alias.source} stands for, above it`,
        offset: alias.range?.[0] ?? 0,
      });
    },
  });
  return unknown;
}

function toData(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (cause) {
    throw new IsthmusError('MESH_FILE_SYNTAX', `${file} uses its anchors more than ${MAX_ALIASES} times`, {
      where: { file },
      hint: 'write the values out instead of nesting aliases',
      cause,
    });
  }
}

interface Found {
  readonly node: Node | undefined;
  /** The pair that the path's last step names, if that step is a key that exists. */
  readonly pair: Pair | undefined;
}

function offsetOf(document: Document, path: Path, at: 'key' | undefined): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const { node, pair } = walk(document, path.slice(0, length));
    const key = pair && isNode(pair.key) ? pair.key : undefined;
    // What is missing is reported at the key of the map that should hold it, a wrong value at the value.
    const best = length < path.length || at === 'key' ? (key ?? node) : (node ?? key);
    if (best?.range) return best.range[0];
  }
  return 0;
}

/** Follow a path through maps, lists, aliases and merged maps. */
function walk(document: Document, path: Path): Found {
  let node = resolved(document, document.contents);
  let pair: Pair | undefined;
  for (const step of path) {
    if (isMap(node)) {
      pair = pairOf(document, node, String(step));
      if (!pair) return { node: undefined, pair: undefined };
      node = resolved(document, pair.value);
    } else if (isSeq(node) && typeof step === 'number') {
      pair = undefined;
      node = resolved(document, node.items[step]);
    } else return { node: undefined, pair: undefined };
  }
  return { node, pair };
}

function resolved(document: Document, node: unknown): Node | undefined {
  if (isAlias(node)) return node.resolve(document);
  return isNode(node) ? node : undefined;
}

function pairOf(document: Document, map: YAMLMap, key: string): Pair | undefined {
  const keyText = (pair: Pair) => (isScalar(pair.key) ? String(pair.key.value) : undefined);
  const own = map.items.find((pair) => keyText(pair) === key);
  if (own) return own;
  for (const merge of map.items.filter((pair) => isScalar(pair.key) && pair.key.source === '<<')) {
    const value = resolved(document, merge.value);
    for (const source of isSeq(value) ? value.items : [value]) {
      const from = resolved(document, source);
      const pair = isMap(from) ? pairOf(document, from, key) : undefined;
      if (pair) return pair;
    }
  }
  return undefined;
}
