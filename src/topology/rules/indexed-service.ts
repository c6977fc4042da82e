import type { FileService } from '../schema/service-schema.ts';

/** One entry of `spec.services` and where it stands. */
export interface IndexedService {
  readonly index: number;
  readonly spec: FileService;
}

/** `spec.services[index].…` as a path. */
export const servicePath = ({ index }: IndexedService, ...rest: (string | number)[]) => [
  'spec',
  'services',
  index,
  ...rest,
];
