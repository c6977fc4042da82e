// The licences of packages that a bundle contains, which they ask to be kept with every copy.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Name, version and licence of each package that these files belong to, in the order of their folders; throws where one has none.
 *
 * @param {string} root folder that the files' paths are relative to
 * @param {readonly string[]} files
 */
export function noticesOf(root, files) {
  const folders = new Set(files.flatMap((file) => folderOf(file) ?? []));
  const notices = [...folders].sort().map((folder) => noticeOf(join(root, folder)));
  return `isthmus contains parts of these packages.\n\n${notices.join('\n\n')}\n`;
}

/** Innermost folder of a package, as node_modules/a/node_modules/@b/c. */
const folderOf = (file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0];

function noticeOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  if (!license) throw new Error(`${folder}/package.json names no licence`);
  const texts = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)([.-]|$)/i.test(file));
  return [
    `== ${name} ${version}, ${license}`,
    ...texts.map((file) => readFileSync(join(folder, file), 'utf8').trim()),
  ].join('\n\n');
}
