import type { ServiceObject } from './state.ts';

/** How a target is asked whether it is well. */
export interface HealthCheck {
  readonly protocol: 'tcp' | 'http';
  /** Number or name of a Service port; undefined means the port that traffic goes to. */
  readonly port: string | undefined;
  readonly path: string;
  readonly intervalMs: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
}

const prefix = 'service.beta.kubernetes.io/aws-load-balancer-healthcheck-';
const statusPort = 15021;

/** A second and two answers instead of the cloud's ten and three: nobody here waits for a real NLB. */
const pace = { intervalMs: 1_000, healthyThreshold: 2, unhealthyThreshold: 2 };

/**
 * The check by the annotations that the AWS controllers read. Without them a gateway, known by its
 * status port, is asked there over HTTP, and anything else by a TCP connection to each of its ports.
 */
export function healthCheckOf({ metadata, spec }: ServiceObject): HealthCheck {
  const annotation = (name: string) => metadata.annotations?.[`${prefix}${name}`];
  const gateway = (spec.ports ?? []).some(({ name, port }) => name === 'status-port' || port === statusPort);
  const stated = annotation('port') !== undefined || annotation('protocol') !== undefined;
  const usual =
    gateway && !stated
      ? { protocol: 'http', port: String(statusPort), path: '/healthz/ready' }
      : { protocol: 'tcp', port: undefined, path: '/' };
  const port = annotation('port') ?? usual.port;
  const number = (name: string, standard: number) => Number(annotation(name)) || standard;
  return {
    protocol: (annotation('protocol') ?? usual.protocol).toLowerCase() === 'http' ? 'http' : 'tcp',
    port: port === 'traffic-port' ? undefined : port,
    path: annotation('path') ?? usual.path,
    intervalMs: number('interval', pace.intervalMs / 1_000) * 1_000,
    healthyThreshold: number('healthy-threshold', pace.healthyThreshold),
    unhealthyThreshold: number('unhealthy-threshold', pace.unhealthyThreshold),
  };
}
