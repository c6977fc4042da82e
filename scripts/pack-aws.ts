// Writes into dist/aws which packages AWS needs, with the part of this repository's lock file that is theirs.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { lockOf, type PackageLock } from './lock-part.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (name: string) => JSON.parse(readFileSync(`${root}${name}`, 'utf8'));
const { version, devDependencies } = read('package.json') as {
  readonly version: string;
  readonly devDependencies: Readonly<Record<string, string>>;
};
const isAws = (name: string) => /^(@aws-cdk|@aws-sdk|@smithy)\/|^(aws-cdk-lib|constructs)$/.test(name);
const dependencies = Object.fromEntries(Object.entries(devDependencies).filter(([name]) => isAws(name)));
const manifest = { name: 'isthmus-aws', version, private: true, dependencies };

mkdirSync(`${root}dist/aws`, { recursive: true });
const write = (name: string, value: unknown) =>
  writeFileSync(`${root}dist/aws/${name}`, `${JSON.stringify(value, undefined, 1)}\n`);
write('package.json', manifest);
write('package-lock.json', lockOf(manifest, read('package-lock.json') as PackageLock));
