import { describe, expect, it } from 'vitest';
import { type IsthmusError, isIsthmusError } from '../../../src/errors/index.ts';
import { parseTopology } from '../../../src/topology/index.ts';
import { badFiles, head } from './bad-files.ts';

function refusalOf(text: string): IsthmusError {
  try {
    parseTopology(text, 'mesh.yaml');
  } catch (error) {
    if (isIsthmusError(error)) return error;
    throw error;
  }
  throw new Error('the file was accepted');
}

/** Code, then for every problem its place, path and message, and its hint below. */
function described(error: IsthmusError): string {
  const lines = error.problems.map(({ message, hint, where }) => {
    const path = where?.path ? ` ${where.path}` : '';
    return `  ${where?.line}:${where?.column}${path}: ${message}\n      ${hint}`;
  });
  return [`${error.code}: ${error.message}`, ...lines, ...(error.hint ? [`  ${error.hint}`] : [])].join('\n');
}

describe('a wrong mesh file', () => {
  it('is described as in the golden file, in every case', async () => {
    const all = Object.entries(badFiles).map(([name, text]) => `# ${name}\n${described(refusalOf(text))}\n`);
    await expect(all.join('\n')).toMatchFileSnapshot('bad-files.golden.txt');
  });

  it('points every problem at a line that exists and says what to do', () => {
    for (const [name, text] of Object.entries(badFiles)) {
      for (const { where, hint, message } of refusalOf(text).problems) {
        expect(where?.line, name).toBeGreaterThan(0);
        expect(where?.line, name).toBeLessThanOrEqual(text.split('\n').length);
        expect(hint, `${name}: ${message}`).toMatch(/\S/);
        expect(message, name).not.toMatch(/^[A-Z](?!IDR)|\.$|\[object|undefined/);
      }
    }
  });

  it.each([
    ['spec.clusters[1].cidr', 'an overlap with another cluster', { line: 7, code: 'MESH_FILE_INVALID' }],
    ['spec.clusters[1].name', 'a repeated name', { line: 7, code: 'MESH_FILE_INVALID' }],
    ['spec.istio.version', 'an unquoted version', { line: 5, code: 'MESH_FILE_INVALID' }],
    ['spec.trustDomian', 'a misspelt key', { line: 5, code: 'MESH_FILE_INVALID' }],
    [undefined, 'a tab', { line: 5, code: 'MESH_FILE_SYNTAX' }],
    [undefined, 'two documents', { line: 6, code: 'MESH_FILE_SYNTAX' }],
  ])('%s is named for %s', (path, name, { line, code }) => {
    const error = refusalOf(badFiles[name] ?? '');
    expect(error.code).toBe(code);
    expect(error.problems.map(({ where }) => [where?.line, where?.path])).toContainEqual([line, path]);
  });

  it('is refused when its aliases expand without end', () => {
    const bomb = Array.from({ length: 9 }, (_, level) => {
      const below = Array(9)
        .fill(level === 0 ? 'lol' : `*l${level - 1}`)
        .join(',');
      return `l${level}: &l${level} [${below}]`;
    });
    expect(refusalOf(bomb.join('\n')).code).toBe('MESH_FILE_SYNTAX');
  });

  it('is refused when an alias contains itself', () => {
    expect(refusalOf(`${head}  clusters: &all [*all]\n`).code).toBe('MESH_FILE_INVALID');
  });
});
