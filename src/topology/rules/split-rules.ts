import type { Fault } from './fault.ts';
import { type IndexedService, servicePath } from './indexed-service.ts';

/** Shares that do not make a whole, or that name what is not there. */
export function splitFaults(service: IndexedService, clusters: readonly string[]): Fault[] {
  const { split } = service.spec;
  if (!split) return [];
  const path = servicePath(service, 'split');
  const names = Object.keys(split.weights);
  const total = Object.values(split.weights).reduce((sum, weight) => sum + weight, 0);
  const faults: Fault[] = [];
  if (total !== 100)
    faults.push({
      path: [...path, 'weights'],
      message: `the weights of ${service.spec.host} are ${total} together, not 100`,
      hint: 'give percentages',
    });
  for (const name of names) faults.push(...nameFaults(name, { path, by: split.by, clusters }));
  split.match.forEach(({ to, headers }, at) => {
    faults.push(...headerFaults(headers, [...path, 'match', at, 'headers']));
    if (names.includes(to)) return;
    faults.push({
      path: [...path, 'match', at, 'to'],
      message: `"${to}" has no weight`,
      hint: `name it in weights, with 0 if nothing else is to go there; named are ${names.join(', ')}`,
    });
  });
  return faults;
}

type Path = readonly (string | number)[];

function headerFaults(headers: Readonly<Record<string, object>>, path: Path): Fault[] {
  const entries = Object.entries(headers);
  if (entries.length === 0)
    return [
      {
        path,
        message: 'headers is empty, so that every request would match',
        hint: 'name a header, or give the shares by weights alone',
      },
    ];
  return entries.flatMap(([name, match]) => {
    const where = [...path, name];
    const faults: Fault[] = [];
    if (!/^[a-z0-9][-_a-z0-9]*$/.test(name))
      faults.push({
        path: where,
        at: 'key',
        message: `"${name}" is not the name of a header in lower case`,
        hint: 'write it as Envoy compares it, for instance x-user',
      });
    if (Object.keys(match).length !== 1)
      faults.push({
        path: where,
        message: `header "${name}" is to match in ${Object.keys(match).length} ways`,
        hint: 'give exactly one of exact, prefix and regex',
      });
    return faults;
  });
}

const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

function nameFaults(
  name: string,
  { path, by, clusters }: { path: Path; by: string; clusters: readonly string[] },
): Fault[] {
  const where = [...path, 'weights', name];
  if (by === 'cluster') {
    if (clusters.includes(name)) return [];
    const hint = `the clusters are ${clusters.join(', ')}`;
    return [{ path: where, at: 'key', message: `there is no cluster "${name}"`, hint }];
  }
  // It becomes the name of a subset, and so a part of a host name.
  if (dnsLabel.test(name)) return [];
  const hint = 'use a–z, 0–9 and hyphens in the pods’ label version';
  return [{ path: where, at: 'key', message: `the version "${name}" is not a lower-case DNS label`, hint }];
}
