import type { Reporter } from '../../report/index.ts';
import type { ObtainOptions } from '../sources/source.ts';

export interface ChartSourceOptions extends Pick<ObtainOptions, 'signal' | 'onProgress'> {
  /** An exact version of Istio. */
  readonly version: string;
  readonly reporter: Reporter;
}

/** Writes the folder `manifests` of a version into `folder`, which is empty. */
export type ChartSource = (folder: string, options: ChartSourceOptions) => Promise<void>;
