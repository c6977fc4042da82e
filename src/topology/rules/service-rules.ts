import type { MeshFile } from '../schema/mesh-schema.ts';
import type { FileService } from '../schema/service-schema.ts';
import { failoverFaults } from './failover-rules.ts';
import type { Fault } from './fault.ts';
import { type IndexedService, servicePath } from './indexed-service.ts';
import { splitFaults } from './split-rules.ts';

/** What contradicts itself, or the rest of the file, in what is wanted of services. */
export function serviceFaults(spec: MeshFile['spec']): Fault[] {
  const services = spec.services.map((service, index) => ({ index, spec: service }));
  return [
    ...repeatedHosts(services),
    ...sharedNamespaceFaults(spec, services),
    ...services.flatMap((service) => [
      ...sampleFaults(spec, service),
      ...unknownClusters(spec, service),
      ...contradictions(service),
      ...failoverFaults(spec, service),
      ...splitFaults(
        service,
        spec.clusters.map(({ name }) => name),
      ),
      ...callerFaults(service),
    ]),
  ];
}

function repeatedHosts(services: readonly IndexedService[]): Fault[] {
  return services.flatMap((service) => {
    const first = services.find(({ spec }) => spec.host === service.spec.host);
    if (!first || first === service) return [];
    return [
      {
        path: servicePath(service, 'host'),
        message: `the host "${service.spec.host}" is taken by services[${first.index}]`,
        hint: 'put everything that is wanted of a host into one entry',
      },
    ];
  });
}

const namespaceOf = ({ host }: Pick<FileService, 'host'>): string => host.split('.')[1] ?? '';

/** The gateway's list of hosts knows no exception, so a whole namespace cannot be shared but for one. */
function sharedNamespaceFaults(
  { sharedNamespaces }: MeshFile['spec'],
  services: readonly IndexedService[],
): Fault[] {
  return sharedNamespaces.flatMap((namespace, at) => {
    const kept = services.find(({ spec }) => spec.residency && namespaceOf(spec) === namespace);
    if (!kept) return [];
    return [
      {
        path: ['spec', 'sharedNamespaces', at],
        message: `namespace "${namespace}" cannot be shared whole, as ${kept.spec.host} has a residency`,
        hint: 'take it out and name each Service of it that is shared as an entry of spec.services',
      },
    ];
  });
}

/** The check `traffic` measures helloworld as it is without any rule, and through the gateways. */
function sampleFaults({ samples }: MeshFile['spec'], service: IndexedService): Fault[] {
  const { host, residency } = service.spec;
  if (!samples) return [];
  const hint = 'name a Service of your own namespaces, or set spec.samples: false';
  if (host === 'helloworld.sample')
    return [
      {
        path: servicePath(service, 'host'),
        message: 'helloworld.sample is what the check `traffic` measures, so nothing may be wanted of it',
        hint,
      },
    ];
  if (residency === undefined || namespaceOf(service.spec) !== 'sample') return [];
  const message = 'the namespace of the samples is shared whole, so nothing in it can be kept in a cluster';
  return [{ path: servicePath(service, 'residency'), message, hint }];
}

function unknownClusters({ clusters }: MeshFile['spec'], service: IndexedService): Fault[] {
  const known = clusters.map(({ name }) => name);
  return (['failover', 'residency'] as const).flatMap((key) => {
    const names = service.spec[key] ?? [];
    return names.flatMap((name, at): Fault[] => {
      const path = servicePath(service, key, at);
      if (!known.includes(name))
        return [
          { path, message: `there is no cluster "${name}"`, hint: `the clusters are ${known.join(', ')}` },
        ];
      if (names.indexOf(name) === at) return [];
      return [{ path, message: `cluster "${name}" is named twice`, hint: 'name every cluster once' }];
    });
  });
}

function contradictions(service: IndexedService): Fault[] {
  const { failover, residency, split } = service.spec;
  const faults: Fault[] = [];
  if (split && failover)
    faults.push({
      path: servicePath(service, 'split'),
      message: 'split and failover exclude each other: what a share is for does not step in for another',
      hint: 'keep one of the two; requests of a share whose pods are gone fail',
    });
  if (residency && failover)
    faults.push({
      path: servicePath(service, 'failover'),
      message: 'failover and residency exclude each other: a resident cluster answers its own callers alone',
      hint: 'keep one of the two',
    });
  if (residency && split?.by === 'cluster')
    faults.push({
      path: servicePath(service, 'split', 'by'),
      message:
        'a split by cluster and residency exclude each other: a resident cluster answers its own callers alone',
      hint: 'split by version, or remove residency',
    });
  return faults;
}

function callerFaults(service: IndexedService): Fault[] {
  return (service.spec.access ?? []).flatMap(({ namespace, serviceAccount, trustDomain }, at): Fault[] => {
    const path = servicePath(service, 'access', at);
    if (namespace === undefined && serviceAccount !== undefined)
      return [
        {
          path,
          message: `service account "${serviceAccount}" is of no namespace`,
          hint: 'add its namespace: accounts of equal names exist in many',
        },
      ];
    if (namespace !== undefined || trustDomain !== undefined) return [];
    return [{ path, message: 'names no caller', hint: 'give a namespace, a trustDomain or both' }];
  });
}
