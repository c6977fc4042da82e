import { describe, expect, it } from 'vitest';
import { codes, exitCodeOf, IsthmusError, isIsthmusError, messageOf } from '../../../src/errors/index.ts';

describe('IsthmusError', () => {
  it('carries what a reader needs, and nothing that was not given', () => {
    const cause = new Error('socket');
    const where = { file: 'mesh.yaml', line: 3 };
    const error = new IsthmusError('MESH_FILE_INVALID', 'cidr 1.2 is no block', {
      hint: 'mend it',
      where,
      cause,
    });
    expect(error).toMatchObject({ name: 'MESH_FILE_INVALID', hint: 'mend it', where, source: 'user', cause });
    const bare = new IsthmusError('BUG', 'odd');
    expect(bare).toMatchObject({ hint: undefined, problems: [], packages: [] });
    expect('cause' in bare).toBe(false);
  });

  it('is known by its brand, also when another copy of the library made it', () => {
    const foreign = Object.assign(new Error('x'), { [Symbol.for('isthmus.error')]: true });
    expect([new IsthmusError('BUG', 'x'), foreign].map(isIsthmusError)).toEqual([true, true]);
    expect([new Error('x'), undefined, 'text', {}].map(isIsthmusError)).toEqual([false, false, false, false]);
  });
});

it.each([
  ['verdict', 1],
  ['user', 2],
  ['environment', 3],
  ['provider', 4],
  ['bug', 70],
  ['interrupted', 130],
] as const)('an error of source %s ends with %d', (source, code) => {
  expect(exitCodeOf(source)).toBe(code);
  expect(Object.values(codes).some((one) => one.source === source)).toBe(true);
});

it('every thrown thing has a message', () => {
  expect(messageOf(new Error('said'))).toBe('said');
  expect(messageOf(new TypeError())).toBe('TypeError');
  expect(messageOf('text')).toBe('text');
});
