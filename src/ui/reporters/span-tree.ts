import type { CheckResult, Event, SpanEnd } from '../../report/index.ts';

/** One span as far as the events tell. */
export interface SpanNode {
  readonly id: number;
  readonly parent: number | undefined;
  readonly title: string;
  readonly cluster: string | undefined;
  readonly depth: number;
  readonly started: number;
  readonly children: SpanNode[];
  progress: Extract<Event, { type: 'span-progress' }> | undefined;
  end: SpanEnd | undefined;
  detail: string | undefined;
  durationMs: number;
  error: { readonly code: string; readonly message: string } | undefined;
}

export interface RunningCheck {
  readonly id: string;
  readonly title: string;
  readonly subject: string | undefined;
  readonly started: number;
}

/** What a stream of events adds up to; folding the same events always gives the same tree. */
export class SpanTree {
  readonly roots: SpanNode[] = [];
  readonly #nodes = new Map<number, SpanNode>();
  readonly #checks = new Map<string, RunningCheck>();
  readonly results: CheckResult[] = [];

  get runningChecks(): readonly RunningCheck[] {
    return [...this.#checks.values()];
  }

  node(id: number): SpanNode | undefined {
    return this.#nodes.get(id);
  }

  take(event: Event): void {
    if (event.type === 'span-start') this.#start(event);
    else if (event.type === 'span-progress') this.#progress(event);
    else if (event.type === 'span-end') this.#end(event);
    else if (event.type === 'check-start') this.#checkStart(event);
    else if (event.type === 'check-result') this.#checkResult(event.result);
  }

  #start(event: Extract<Event, { type: 'span-start' }>): void {
    const parent = event.parent === undefined ? undefined : this.#nodes.get(event.parent);
    const node: SpanNode = {
      id: event.id,
      parent: event.parent,
      title: event.title,
      cluster: event.cluster,
      depth: parent ? parent.depth + 1 : 0,
      started: event.time,
      children: [],
      progress: undefined,
      end: undefined,
      detail: undefined,
      durationMs: 0,
      error: undefined,
    };
    this.#nodes.set(event.id, node);
    (parent ? parent.children : this.roots).push(node);
  }

  #progress(event: Extract<Event, { type: 'span-progress' }>): void {
    const node = this.#nodes.get(event.id);
    if (node) node.progress = event;
  }

  #end(event: Extract<Event, { type: 'span-end' }>): void {
    const node = this.#nodes.get(event.id);
    if (!node) return;
    node.end = event.end;
    node.detail = event.detail;
    node.durationMs = event.durationMs;
    node.error = event.error;
  }

  #checkStart(event: Extract<Event, { type: 'check-start' }>): void {
    const { id, title, subject, time } = event;
    this.#checks.set(checkKey(id, subject), { id, title, subject, started: time });
  }

  #checkResult(result: CheckResult): void {
    this.#checks.delete(checkKey(result.id, result.subject));
    const place = this.results.findIndex((old) => old.id === result.id && old.subject === result.subject);
    if (place === -1) this.results.push(result);
    else this.results[place] = result;
  }
}

const checkKey = (id: string, subject: string | undefined): string => `${id}\0${subject ?? ''}`;

/** True if a span below already failed with the same words, so that repeating them adds nothing. */
export function saidBelow(node: SpanNode): boolean {
  return node.children.some((child) => child.error?.message === node.error?.message || saidBelow(child));
}
