import { afterAll, beforeAll, describe, it } from 'vitest';
import { SourcesBed } from '../e2e/support/sources-bed.ts';

// The root that isthmus made, an issuing CA with its chain, a self-signed root, and one that isthmus makes again.
const bed = new SourcesBed('files');

beforeAll(() => bed.begin(), 900_000);
afterAll(() => bed.isthmus(['down']));

describe('a root', () => {
  it('made by isthmus', async () => {
    await bed.worksBelow(await bed.rootOf('eks-1'));
    await bed.renews('eks-1');
  });

  it.each([
    ['files of an issuing CA', () => bed.issuingFiles('corp')],
    ['files of a self-signed root', () => bed.rootFiles('own')],
  ])(
    'goes to %s by a rotation that loses nothing',
    async (_, root) => {
      await bed.trustIn(await root());
      await bed.refusedByUp();
      await bed.worksBelow(await bed.rotated());
      await bed.renews('eks-2');
    },
    600_000,
  );
});
