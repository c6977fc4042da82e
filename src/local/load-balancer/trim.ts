import type { EndpointSliceObject, ServiceObject } from './state.ts';

/** Keep of a Service what the controller looks at: managed fields alone are kilobytes each. */
export function trimService({ metadata, spec, status }: ServiceObject): ServiceObject {
  const { name, namespace, deletionTimestamp, annotations } = metadata;
  const { type, loadBalancerClass, loadBalancerSourceRanges, ports } = spec;
  if (type !== 'LoadBalancer') return { metadata: { name, namespace }, spec: { ...(type ? { type } : {}) } };
  return {
    metadata: {
      name,
      namespace,
      ...(deletionTimestamp ? { deletionTimestamp } : {}),
      ...(annotations ? { annotations } : {}),
    },
    spec: {
      type,
      ...(loadBalancerClass ? { loadBalancerClass } : {}),
      ...(loadBalancerSourceRanges ? { loadBalancerSourceRanges } : {}),
      ...(ports ? { ports } : {}),
    },
    ...(status ? { status } : {}),
  };
}

export function trimSlice({ metadata, ports, endpoints }: EndpointSliceObject): EndpointSliceObject {
  const { name, namespace, labels } = metadata;
  return {
    metadata: { name, namespace, ...(labels ? { labels } : {}) },
    ports: ports ?? [],
    endpoints: endpoints ?? [],
  };
}
