import { beforeAll, describe, expect, it } from 'vitest';
import { type CertificateInfo, certificateBlocks, createRoot, inspect } from '../../../src/pki/index.ts';
import { changedBytes, rootFile } from '../../../src/rotation/index.ts';

let old: CertificateInfo;
let next: CertificateInfo;

beforeAll(async () => {
  const make = async () => inspect((await createRoot({ algorithm: 'ecdsa-p256', years: 1 })).certificatePem);
  [old, next] = [await make(), await make()];
});

describe('rootFile', () => {
  it('has each root once, in order', () => {
    expect(rootFile([old], [next, old])).toBe(old.pem + next.pem);
  });
});

describe('changedBytes', () => {
  it('repeats the last root where the file would stay the same, and no more than that', () => {
    expect(changedBytes([old, next], old.pem + next.pem)).toBe(old.pem + next.pem + next.pem);
    expect(changedBytes([old, next], old.pem)).toBe(old.pem + next.pem);
  });

  it('always differs from the file before, and never in the roots', () => {
    let file = next.pem;
    for (let round = 0; round < 4; round += 1) {
      const after = changedBytes([next], file);
      expect(after).not.toBe(file);
      expect(new Set(certificateBlocks(after))).toEqual(new Set([next.pem]));
      file = after;
    }
  });
});
