import type { Kind, Panels } from './panels.ts';

/** One thing that the page shows, when it was seen, and which change of the state it came with. */
export interface Entry<K extends Kind = Kind> {
  /** `cluster/eks-1`, `check/sync/eks-1`, `mesh`. */
  readonly key: string;
  readonly kind: K;
  /** Grows with every change of any entry. */
  readonly version: number;
  /** When it was looked at last; milliseconds since the epoch, by the clock of the machine that looks. */
  readonly observed: number;
  /** Undefined without `same`: it is gone, or was never seen. */
  readonly value?: Panels[K] | undefined;
  /** The value is as the reader has it already: it was only looked at again. */
  readonly same?: true | undefined;
  /** Why the last look gave nothing; `value` is then what was seen before, at `observed`. */
  readonly trouble?: string | undefined;
}

/** Everything at one moment, or everything that changed since a version. */
export interface DashboardState {
  /** Tells one run of the dashboard from another; versions of two runs cannot be compared. */
  readonly epoch: string;
  readonly version: number;
  /** By the same clock as `observed`; milliseconds since the epoch. */
  readonly now: number;
  readonly entries: readonly Entry[];
}

/** Its kind is what stands before the first `/`. */
export const kindOf = (key: string): Kind => key.split('/', 1)[0] as Kind;

/** `epoch.version`, as the event stream's ids are. */
export const markOf = ({ epoch, version }: Pick<DashboardState, 'epoch' | 'version'>): string =>
  `${epoch}.${version}`;

/** The version of a mark of this epoch; 0, which is everything, for any other text. */
export function versionSince(mark: string | undefined, epoch: string): number {
  const [of, version] = (mark ?? '').split('.');
  const number = Number(version);
  return of === epoch && Number.isInteger(number) && number >= 0 ? number : 0;
}
