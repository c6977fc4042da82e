import type { IsthmusError, Location } from '../../errors/index.ts';
import { paint } from '../text/theme.ts';
import { envelope } from './results.ts';

/** `mesh.yaml:12:9 (spec.clusters[1].cidr)`. */
export function formatLocation({ file, line, column, path }: Location): string {
  const place = [file, line, line === undefined ? undefined : column].filter((part) => part !== undefined);
  return place.join(':') + (path ? ` (${path})` : '');
}

/** An error for a person: code, what, where, every problem, what to do, its page. No line break at the end. */
export function formatError(
  error: IsthmusError,
  options: { readonly color?: boolean | undefined } = {},
): string {
  const colors = paint(options.color ?? false);
  const problems = error.problems.flatMap(({ message, where, hint }) => [
    `  - ${where ? `${formatLocation(where)}: ` : ''}${message}`,
    ...(hint ? [colors.green(`    fix  ${hint}`)] : []),
  ]);
  return [
    `${colors.red(colors.bold(`${error.code}:`))} ${error.message}`,
    ...(error.where ? [`  at   ${formatLocation(error.where)}`] : []),
    ...problems,
    ...(error.hint ? [colors.green(`  fix  ${error.hint}`)] : []),
    colors.dim(`  page ${pageOf(error)}`),
  ].join('\n');
}

/** The same as one JSON document. */
export function formatErrorJson(error: IsthmusError): string {
  const { code, message, source, hint, where, problems } = error;
  return envelope('Error', { code, message, source, hint, where, problems, docs: pageOf(error) });
}

const pageOf = ({ code }: IsthmusError): string => `docs/codes.md#${code.toLowerCase()}`;
