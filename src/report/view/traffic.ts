/** What became of the requests that `traffic` sent from one cluster. */
export interface TrafficFigures {
  readonly from: string;
  /** `namespace/name:port` of the service that was asked. */
  readonly service: string;
  /** By the cluster that answered. */
  readonly answers: Readonly<Record<string, { readonly count: number; readonly medianMs: number }>>;
  /** Part of the requests that each cluster should answer, 0 to 1. */
  readonly expected: Readonly<Record<string, number>>;
  readonly failed: number;
}
