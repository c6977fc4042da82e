import { containersOf, type Pod, type Service } from '../../kubernetes/index.ts';

/** The port of pods behind a port of their Service; one by name is looked up in the pod, and is the same without. */
export function podPort(service: Service | undefined, port: number, pod?: Pod | undefined): number {
  const { targetPort = port } = service?.spec?.ports?.find((one) => one.port === port) ?? {};
  if (typeof targetPort === 'number') return targetPort;
  const ports = pod ? containersOf(pod).flatMap((one) => one.ports ?? []) : [];
  return ports.find(({ name }) => name === targetPort)?.containerPort ?? port;
}
