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

interface Scene {
  readonly tree: SpanTree;
  readonly colors: Paint;
  readonly verbose: boolean;
  readonly spokeAt: Map<number, number>;
  /** What was last said of a check, so that looking again and again speaks only of what is new. */
  readonly said: Map<string, string>;
}

function plainLine(event: Event, scene: Scene): string | undefined {
  if (event.type === 'note') return noteLine(event, scene);
  if (event.type === 'check-start') return undefined;
  if (event.type === 'check-result') return resultLine(event, scene);
  const node = scene.tree.node(event.id);
  if (!node) return undefined;
  if (event.type === 'span-progress') return progressLine(event, node, scene);
  if (event.type === 'span-end') return endLine(node, scene);
  return isQuiet(node, scene) ? undefined : scene.colors.dim(`… ${name(node)}`);
}

const isQuiet = (node: SpanNode, scene: Scene): boolean => !scene.verbose && node.depth >= quietDepth;

const name = ({ cluster, title }: { cluster: string | undefined; title: string }): string =>
  cluster ? `[${cluster}] ${title}` : title;

function endLine(node: SpanNode, scene: Scene): string | undefined {
  if (isQuiet(node, scene) && node.end !== 'failed') return undefined;
  const state = node.end === 'done' || node.end === 'failed' ? '' : ` ${node.end}`;
  const detail = node.detail ? `: ${node.detail}` : '';
  const took = scene.colors.dim(`(${formatDuration(node.durationMs)})`);
  const error =
    node.error && !saidBelow(node)
      ? `\n  ${node.error.code}: ${node.error.message.replaceAll('\n', '\n  ')}`
      : '';
  return `${endMark(node.end ?? 'done', scene.colors)} ${name(node)}${state}${detail} ${took}${error}`;
}

function progressLine(
  event: Extract<Event, { type: 'span-progress' }>,
  node: SpanNode,
  scene: Scene,
): string | undefined {
  if (isQuiet(node, scene)) return undefined;
  const spoke = scene.spokeAt.get(node.id) ?? node.started;
  if (!scene.verbose && event.time - spoke < progressEveryMs) return undefined;
  scene.spokeAt.set(node.id, event.time);
  const elapsed = formatDuration(event.time - node.started);
  return scene.colors.dim(`… ${name(node)}: ${progressText(event)} (${elapsed})`);
}

function noteLine(event: Extract<Event, { type: 'note' }>, scene: Scene): string | undefined {
  if (event.level === 'debug' && !scene.verbose) return undefined;
  const words = name({ cluster: event.cluster, title: event.message });
  if (event.level === 'warn') return scene.colors.yellow(`! ${words}`);
  return event.level === 'debug' ? scene.colors.dim(`  ${words}`) : `  ${words}`;
}

function resultLine({ result }: Extract<Event, { type: 'check-result' }>, scene: Scene): string | undefined {
  const { outcome, id, subject, durationMs } = result;
  const who = subject ? `${id} (${subject})` : id;
  const took = scene.colors.dim(`(${formatDuration(durationMs)})`);
  const words = `${outcome.status} ${who}: ${outcomeText(outcome)}`;
  if (scene.said.get(who) === words) return undefined;
  scene.said.set(who, words);
  return `${statusMark(outcome.status, scene.colors)} ${words} ${took}`;
}
