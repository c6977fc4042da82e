import type { EndpointRow } from '../../report/index.ts';
import type { StateStore } from '../collect/store.ts';
import type { PageAssets } from '../page/assets.ts';
import type { Guard } from './guard.ts';

/** A drill that the page asks for. */
export interface DrillRequest {
  readonly drill: string;
  readonly kind?: string | undefined;
  readonly cluster?: string | undefined;
  /** `namespace/name`. */
  readonly service?: string | undefined;
}

/** What the server serves. */
export interface DashboardParts {
  readonly store: StateStore;
  readonly assets: PageAssets;
  /** Endpoints of one service as one cluster's caller has them, where the state leaves them out. */
  readonly endpointsOf: (cluster: string, service: string) => readonly EndpointRow[] | undefined;
  /** Begin a drill and return why it cannot begin, if so; undefined where the page only shows. */
  readonly startDrill?: ((wanted: DrillRequest) => string | undefined) | undefined;
  /** Milliseconds between two events that say that the line is there; 5000 if left out. */
  readonly heartbeatMs?: number;
}

/** The same with what a request must prove. The page is told of heartbeats, and believes no line that is silent for three. */
export type Serving = DashboardParts & { readonly guard: Guard; readonly heartbeatMs: number };
