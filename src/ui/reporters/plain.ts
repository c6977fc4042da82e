import type { Event, Reporter } from '../../report/index.ts';
import { formatDuration } from '../text/duration.ts';
import { endMark, type Paint, paint, statusMark } from '../text/theme.ts';
import { outcomeText } from '../views/outcome-text.ts';
import { progressText } from './progress-text.ts';
import { type SpanNode, SpanTree, saidBelow } from './span-tree.ts';

export interface PlainOptions {
  readonly write: (text: string) => void;
  readonly color: boolean;
  readonly verbose: boolean;
}

/** Spans deeper than this speak only when they fail or when asked to be verbose. */
const quietDepth = 3;
/** A long step says how far it is no more often than this. */
const progressEveryMs = 10_000;

/** One line for each change of state, in the order in which it happens: for CI logs and pipes. */
export function plainReporter(options: PlainOptions): Reporter {
  const tree = new SpanTree();
  const colors = paint(options.color);
  const spokeAt = new Map<number, number>();
  const said = new Map<string, string>();
  return {
    emit(event) {
      tree.take(event);
      const line = plainLine(event, { tree, colors, verbose: options.verbose, spokeAt, said });
      if (line !== undefined) options.write(`${line}\n`);
    },
  };
}

interface PlainState {
  readonly tree: SpanTree;
  readonly colors: Paint;
  readonly verbose: boolean;
  readonly spokeAt: Map<number, number>;
  /** What was last said of a check, so that looking again and again speaks only of what is new. */
  readonly said: Map<string, string>;
}

function plainLine(event: Event, state: PlainState): string | undefined {
  if (event.type === 'note') return noteLine(event, state);
  if (event.type === 'check-start' || event.type === 'traffic-measured') return undefined;
  if (event.type === 'check-result') return resultLine(event, state);
  const node = state.tree.node(event.id);
  if (!node) return undefined;
  if (event.type === 'span-progress') return progressLine(event, node, state);
  if (event.type === 'span-end') return endLine(node, state);
  return isQuiet(node, state) ? undefined : state.colors.dim(`… ${name(node)}`);
}

const isQuiet = (node: SpanNode, state: PlainState): boolean => !state.verbose && node.depth >= quietDepth;

const name = ({ cluster, title }: { cluster: string | undefined; title: string }): string =>
  cluster ? `[${cluster}] ${title}` : title;

function endLine(node: SpanNode, state: PlainState): string | undefined {
  if (isQuiet(node, state) && node.end !== 'failed') return undefined;
  const ended = node.end === 'done' || node.end === 'failed' ? '' : ` ${node.end}`;
  const detail = node.detail ? `: ${node.detail}` : '';
  const took = state.colors.dim(`(${formatDuration(node.durationMs)})`);
  const error =
    node.error && !saidBelow(node)
      ? `\n  ${node.error.code}: ${node.error.message.replaceAll('\n', '\n  ')}`
      : '';
  return `${endMark(node.end ?? 'done', state.colors)} ${name(node)}${ended}${detail} ${took}${error}`;
}

function progressLine(
  event: Extract<Event, { type: 'span-progress' }>,
  node: SpanNode,
  state: PlainState,
): string | undefined {
  if (isQuiet(node, state)) return undefined;
  const spoke = state.spokeAt.get(node.id) ?? node.started;
  if (!state.verbose && event.time - spoke < progressEveryMs) return undefined;
  state.spokeAt.set(node.id, event.time);
  const elapsed = formatDuration(event.time - node.started);
  return state.colors.dim(`… ${name(node)}: ${progressText(event)} (${elapsed})`);
}

function noteLine(event: Extract<Event, { type: 'note' }>, state: PlainState): string | undefined {
  if (event.level === 'debug' && !state.verbose) return undefined;
  const words = name({ cluster: event.cluster, title: event.message });
  if (event.level === 'warn') return state.colors.yellow(`! ${words}`);
  return event.level === 'debug' ? state.colors.dim(`  ${words}`) : `  ${words}`;
}

function resultLine(
  { result }: Extract<Event, { type: 'check-result' }>,
  state: PlainState,
): string | undefined {
  const { outcome, id, subject, durationMs } = result;
  const who = subject ? `${id} (${subject})` : id;
  const took = state.colors.dim(`(${formatDuration(durationMs)})`);
  const words = `${outcome.status} ${who}: ${outcomeText(outcome)}`;
  if (state.said.get(who) === words) return undefined;
  state.said.set(who, words);
  return `${statusMark(outcome.status, state.colors)} ${words} ${took}`;
}
