import { isIsthmusError } from '../../../errors/index.ts';
import { assertUsable, type LoadedEntry, type LoadedKubeconfig } from '../../../kubernetes/index.ts';

/** What stands for a file in what the reader says. */
export const namedAs = 'the kubeconfig';

/**
 * Why istiod takes nothing of a kubeconfig although it may never use the entry: it validates all of them
 * (k8s.io/client-go tools/clientcmd/validation.go). What only the current entries are held to, as whether certificate
 * and key belong together, is not looked at. Undefined if every entry is valid.
 */
export function invalidEntry(loaded: LoadedKubeconfig): string | undefined {
  const [contexts, users, clusters] = [loaded.contexts, loaded.users, loaded.clusters].map((entries) => [
    ...entries.values(),
  ]) as [LoadedEntry[], LoadedEntry[], LoadedEntry[]];
  const inUse = ({ name }: LoadedEntry) => Number(name === loaded.currentContext);
  const problems = [
    ...contexts.toSorted((a, b) => inUse(b) - inUse(a)).map((one) => contextProblem(one, loaded)),
    ...users.map(userProblem),
    ...clusters.map(clusterProblem),
  ];
  return problems.find((one) => one !== undefined);
}

function contextProblem(
  { name, content }: LoadedEntry,
  { users, clusters }: LoadedKubeconfig,
): string | undefined {
  const [cluster, user] = [String(content['cluster'] ?? ''), String(content['user'] ?? '')];
  if (!clusters.has(cluster))
    return `its context ${name} names cluster ${cluster || '(none)'}, which it does not have`;
  if (!users.has(user)) return `its context ${name} names user ${user || '(none)'}, which it does not have`;
  const namespace = String(content['namespace'] ?? '');
  return /^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)?$/.test(namespace)
    ? undefined
    : `its context ${name} has namespace ${namespace}, which is no name of one`;
}

const authority = ['certificate-authority', 'certificate-authority-data'];
const certificate = ['client-certificate', 'client-certificate-data'];
const key = ['client-key', 'client-key-data'];

function clusterProblem(entry: LoadedEntry): string | undefined {
  if (authority.every((field) => entry.content[field]))
    return `cluster ${entry.name} has both ${authority.join(' and ')}`;
  return problemOf(without(entry, authority), undefined);
}

/** Any server will do: a user alone is judged. */
const somewhere: LoadedEntry = { name: '', content: { server: 'https://kubernetes.default' }, file: namedAs };

function userProblem(entry: LoadedEntry): string | undefined {
  const has = (fields: readonly string[]) => fields.filter((field) => entry.content[field]).length;
  const twice = has(certificate) > 0 && [certificate, key].find((fields) => has(fields) > 1);
  if (twice) return `user ${entry.name} has both ${twice.join(' and ')}`;
  if (has(certificate) > 0 && has(key) === 0)
    return `user ${entry.name} has a client certificate without a client key`;
  return problemOf(somewhere, without(entry, [...certificate, ...key, 'tokenFile']));
}

/** What the reader refuses two entries for, undefined if for nothing; anything else is thrown on. */
export function problemOf(...entries: Parameters<typeof assertUsable>): string | undefined {
  try {
    assertUsable(...entries);
    return undefined;
  } catch (error) {
    if (isIsthmusError(error)) return error.message.replace(` in ${namedAs}`, '');
    throw error;
  }
}

/** An entry that lacks these fields. */
export function without(entry: LoadedEntry, fields: readonly string[]): LoadedEntry {
  const content = Object.fromEntries(
    Object.entries(entry.content).filter(([name]) => !fields.includes(name)),
  );
  return { ...entry, content };
}
