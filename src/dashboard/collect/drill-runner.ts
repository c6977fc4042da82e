import { isIsthmusError, messageOf } from '../../errors/index.ts';
import { type DrillMeshOptions, drillMesh, type MeshView } from '../../mesh/index.ts';
import type { Event, Reporter } from '../../report/index.ts';
import type { DrillRequest } from '../server/serving.ts';
import { pastDrill } from './past-report.ts';
import type { StateStore } from './store.ts';

export interface DrillRunnerOptions {
  readonly view: MeshView;
  readonly store: StateStore;
  readonly signal: AbortSignal;
  readonly providers?: DrillMeshOptions['providers'];
}

/** The last lines of what a drill says; the rest is in its report. */
const lines = 40;

/** Runs drills for the page, one at a time, as `isthmus drill NAME --yes` does with its usual settings. */
export class DrillRunner {
  readonly #options: DrillRunnerOptions;
  #running: Promise<void> | undefined;

  constructor(options: DrillRunnerOptions) {
    this.#options = options;
  }

  /** Begin, and return why it cannot begin, if so. */
  start(wanted: DrillRequest): string | undefined {
    if (this.#running) return 'a drill of this page is under way';
    this.#running = this.#run(wanted).finally(() => {
      this.#running = undefined;
    });
    return undefined;
  }

  /** Wait until what was begun has been undone. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #run({ drill, kind, cluster, service }: DrillRequest): Promise<void> {
    const { view, store, signal, providers = {} } = this.#options;
    const started = new Date().toISOString();
    const said: string[] = [];
    const tell = (end?: 'done' | 'failed') =>
      store.put('progress', { drill, started, end, lines: said.slice(-lines) });
    const reporter: Reporter = {
      emit(event) {
        const line = lineOf(event);
        if (line) said.push(line);
        if (line) tell();
      },
    };
    tell();
    const [namespace = '', name = ''] = service?.split('/') ?? [];
    const settings = { kind, cluster, rate: 50, maxLost: 500, durationSeconds: 15 };
    const wanted = service ? { namespace, name } : undefined;
    const { topology } = view;
    try {
      const report = await drillMesh({
        topology,
        reporter,
        signal,
        providers,
        drill,
        service: wanted,
        settings,
      });
      store.put(`report/${drill} ${report.started}`, pastDrill(report));
      tell('done');
    } catch (error) {
      said.push(isIsthmusError(error) ? `${error.code} ${error.message}` : messageOf(error));
      tell('failed');
    }
  }
}

function lineOf(event: Event): string | undefined {
  const of = (cluster: string | undefined, text: string) => (cluster ? `[${cluster}] ${text}` : text);
  if (event.type === 'span-start') return of(event.cluster, `… ${event.title}`);
  if (event.type === 'span-end') return of(event.cluster, `${event.title}: ${event.detail ?? event.end}`);
  if (event.type === 'note' && event.level !== 'debug') return of(event.cluster, event.message);
  return undefined;
}
