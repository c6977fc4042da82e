import { register } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface ResolveFrom {
  /** Files below it are the ones whose imports are meant. */
  readonly root: string;
  /** Folder with the `node_modules` to take packages from. */
  readonly folder: string;
  /** Packages to be found there. */
  readonly names: readonly string[];
}

/** Runs in Node's own thread for such hooks, so it can use nothing of this module. */
const hooks = `
let of;
export const initialize = (data) => { of = data; };
export function resolve(specifier, context, next) {
  const meant = of.names.some((name) => specifier === name || specifier.startsWith(name + '/'));
  const ours = context.parentURL?.startsWith(of.root);
  return next(specifier, meant && ours ? { ...context, parentURL: of.parent } : context);
}`;

/** From now on, import these packages from another folder than the one beside the importing file. */
export function resolveFrom({ root, folder, names }: ResolveFrom): void {
  const data = {
    root: pathToFileURL(join(root, '/')).href,
    parent: pathToFileURL(join(folder, 'package.json')).href,
    names,
  };
  register(`data:text/javascript,${encodeURIComponent(hooks)}`, { parentURL: import.meta.url, data });
}
