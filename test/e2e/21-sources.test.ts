import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Custody } from '../aws/support/custody.ts';
import { RehearsedAws } from '../aws/support/rehearsed-aws.ts';
import { SourcesBed } from './support/sources-bed.ts';

// A root that a key in AWS KMS signs when the mesh comes up, then one of a CA below another in AWS Private CA.
const bed = new SourcesBed('custody');
let aws: RehearsedAws;
let custody: Custody;

beforeAll(async () => {
  aws = await RehearsedAws.start();
  custody = new Custody(aws.emulator, aws.tester);
  await bed.begin(`{kms: "${await custody.key('ECC_NIST_P256')}"}`);
}, 900_000);
afterAll(async () => {
  await bed.isthmus(['down']);
  await aws?.stop();
});

describe('a root', () => {
  it('of a key in AWS KMS', async () => {
    await bed.worksBelow(await bed.rootOf('eks-1'));
    await bed.renews('eks-1');
    const plan = await bed.isthmus(['plan', '-o', 'json']);
    const { notes } = JSON.parse(plan.stdout) as { notes: string[] };
    const policy = notes.find((note) => note.startsWith('who signs below the root needs this IAM policy'));
    expect(policy).toMatch(/"kms:GetPublicKey",\s+"kms:Sign"\s+\],\s+"Resource": \[\s+"arn:aws:kms:[^"*]+"/);
  });

  it('goes to AWS Private CA by a rotation that loses nothing', async () => {
    const below = { arn: await custody.authority({ name: 'top', algorithm: 'EC_prime256v1' }), depth: 1 };
    await bed.trustIn(
      `{privateCa: "${await custody.authority({ name: 'mesh', algorithm: 'EC_prime256v1', below })}"}`,
    );
    await bed.refusedByUp();
    await bed.worksBelow(await bed.rotated());
    await bed.renews('eks-2');
  }, 600_000);

  it('in Private CA is none to be exported', async () => {
    const ran = await bed.isthmus(['trust', 'export', join(bed.folder, 'root.pem')], {
      env: { ISTHMUS_PASSPHRASE: 'long enough' },
    });
    expect([ran.exitCode, ran.stderr]).toEqual([2, expect.stringContaining('there is no key to export')]);
  });
});
