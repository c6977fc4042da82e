import { stringify } from 'yaml';
import type { KubeObject } from '../kubernetes/index.ts';
import type { Truncated } from './collection.ts';
import { trimmed } from './trimmed-object.ts';

const mebibyte = 1024 * 1024;

/** What a bundle takes at most, for each cluster. */
export const bundleLimits = {
  logLines: 10_000,
  logCharacters: 2 * mebibyte,
  dumpCharacters: 32 * mebibyte,
  objects: 2_000,
  objectCharacters: 16 * mebibyte,
  istiods: 10,
  gatewayPods: 20,
  otherPods: 20,
} as const;

/** The limits as a reader of the bundle needs them. */
export const bundleLimitTexts: readonly string[] = [
  `logs: the last ${bundleLimits.logLines} lines, ${bundleLimits.logCharacters / mebibyte} MiB at most, of each container, and of its run before the last restart if it restarted`,
  `dumps: the first ${bundleLimits.dumpCharacters / mebibyte} MiB of each page`,
  `objects: the first ${bundleLimits.objects} of each kind, ${bundleLimits.objectCharacters / mebibyte} MiB at most, those in namespaces of the mesh and the newest events first`,
  `pods: ${bundleLimits.istiods} of istiod, ${bundleLimits.gatewayPods} of gateways, one client and one server with a sidecar, ${bundleLimits.otherPods} more of istiod's namespace and the AWS Load Balancer Controller (logs only)`,
];

/** The end of a log, from the start of a line. */
export function tailOf(text: string, most = bundleLimits.logCharacters): Truncated {
  const lines = text.split('\n').length - 1;
  const full = lines >= bundleLimits.logLines ? `the last ${bundleLimits.logLines} lines` : undefined;
  if (text.length <= most) return { content: text, shortened: full };
  const end = text.slice(-most);
  return { content: end.slice(end.indexOf('\n') + 1), shortened: `the last ${end.length} characters` };
}

/** The beginning of a dump, up to the end of a line where it has lines. */
export function headOf(text: string, most = bundleLimits.dumpCharacters): Truncated {
  if (text.length <= most) return { content: text };
  const start = text.slice(0, most);
  const content = start.slice(0, start.lastIndexOf('\n') + 1) || start;
  return { content, shortened: `the first ${content.length} of ${text.length} characters` };
}

/** Objects as YAML documents, as many whole ones as the limits allow, without what must not leave a cluster. */
export function yamlOf(objects: readonly KubeObject[]): Truncated {
  const documents: string[] = [];
  let length = 0;
  for (const object of objects.slice(0, bundleLimits.objects)) {
    const document = `---\n${stringify(trimmed(object), { lineWidth: 0, aliasDuplicateObjects: false })}`;
    length += document.length;
    if (length > bundleLimits.objectCharacters) break;
    documents.push(document);
  }
  const whole = documents.length === objects.length;
  return {
    content: documents.join(''),
    shortened: whole ? undefined : `the first ${documents.length} of ${objects.length} objects`,
  };
}
