import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the tests put into the temporary folder goes with the run. */
export default async function setup(): Promise<() => Promise<void>> {
  const temporary = await mkdtemp(join(tmpdir(), 'isthmus-tests-'));
  // One test looks as a user without rights.
  await chmod(temporary, 0o711);
  process.env['TMPDIR'] = temporary;
  return () => rm(temporary, { recursive: true });
}
