import { groupBy } from '../../report/index.ts';
import { formatDuration } from '../text/duration.ts';
import { cutTo } from '../text/text.ts';
import { endMark, type Paint, paint, spinner, statusMark } from '../text/theme.ts';
import { outcomeText } from '../views/outcome-text.ts';
import { progressText } from './progress-text.ts';
import { type RunningCheck, type SpanNode, type SpanTree, saidBelow } from './span-tree.ts';

export interface TaskListOptions {
  readonly columns: number;
  readonly rows: number;
  /** Milliseconds since the epoch: what the elapsed times are measured to. */
  readonly now: number;
  readonly color: boolean;
  /** Show check results and running checks below the spans. */
  readonly checks: boolean;
}

/** Spans of one title beside each other, one for each cluster: one row with a cell for each. */
interface Row {
  readonly depth: number;
  readonly members: readonly SpanNode[];
  readonly running: boolean;
}

interface Line {
  readonly text: string;
  /** Finished lines give way when the terminal is too low. */
  readonly keep: boolean;
}

/** The task list at one moment, as lines that fit the terminal; the same tree gives the same frame. */
export function renderTaskList(tree: SpanTree, options: TaskListOptions): string[] {
  const style: TaskStyle = { colors: paint(options.color), now: options.now };
  const spans = rowsOf(tree.roots, 0).flatMap((row) => rowLines(row, style));
  const checks = options.checks ? checkLines(tree, style) : [];
  const lines = fitHeight([...spans, ...checks], Math.max(1, options.rows - 1), style.colors);
  return lines.map((line) => cutTo(line, options.columns));
}

interface TaskStyle {
  readonly colors: Paint;
  readonly now: number;
}

function rowsOf(nodes: readonly SpanNode[], depth: number): Row[] {
  const groups = groupBy(nodes, ({ cluster, id, title }) => (cluster === undefined ? `#${id}` : title));
  return [...groups.values()].flatMap((members) => {
    const running = members.some(({ end }) => end === undefined);
    const row: Row = { depth, members, running };
    return [row, ...rowsOf(visibleChildren(members), depth + 1)];
  });
}

/** A finished span hides what is below it, except where it failed. */
function visibleChildren(members: readonly SpanNode[]): SpanNode[] {
  return members.flatMap(({ end, children }) => {
    if (end === undefined) return children;
    return end === 'failed' ? children.filter((child) => child.end === 'failed') : [];
  });
}

function rowLines(row: Row, style: TaskStyle): Line[] {
  const indent = '  '.repeat(row.depth);
  const title = row.members[0]?.title ?? '';
  const head = row.members.length === 1 ? single(row.members[0] as SpanNode, style) : columns(row, style);
  const line: Line = { text: `${indent}${mark(row.members, style)} ${title}${head}`, keep: row.running };
  return [line, ...row.members.flatMap((node) => errorLines(node, indent, style))];
}

/** Every line of the innermost error, so that nothing is shown twice on the way up. */
function errorLines(node: SpanNode, indent: string, { colors }: TaskStyle): Line[] {
  if (!node.error || saidBelow(node)) return [];
  const where = node.cluster ? `${node.cluster}: ` : '';
  return `${where}${node.error.message}`
    .split('\n')
    .map((line) => ({ text: `${indent}  ${colors.red(line)}`, keep: true }));
}

function mark(members: readonly SpanNode[], { colors, now }: TaskStyle): string {
  if (members.some(({ end }) => end === 'failed')) return endMark('failed', colors);
  if (members.some(({ end }) => end === undefined))
    return colors.cyan(spinner[Math.floor(now / 80) % spinner.length] ?? spinner[0]);
  if (members.every(({ end }) => end === 'unchanged')) return endMark('unchanged', colors);
  return endMark(members.every(({ end }) => end === 'skipped') ? 'skipped' : 'done', colors);
}

function single(node: SpanNode, { colors, now }: TaskStyle): string {
  const cluster = node.cluster ? `  ${colors.cyan(node.cluster)}` : '';
  const time = node.end === undefined ? now - node.started : node.durationMs;
  const words = node.end === undefined ? progressText(node.progress) : endWords(node);
  return `${cluster}${words ? `  ${words}` : ''}  ${colors.dim(formatDuration(time))}`;
}

const endWords = ({ end, detail }: SpanNode): string =>
  [end === 'unchanged' || end === 'skipped' ? end : '', detail ?? ''].filter(Boolean).join(': ');

function columns(row: Row, style: TaskStyle): string {
  return row.members.map((node) => `  ${cell(node, style)}`).join('');
}

function cell(node: SpanNode, { colors, now }: TaskStyle): string {
  const time = colors.dim(formatDuration(node.end === undefined ? now - node.started : node.durationMs));
  if (node.end !== undefined) return `${node.cluster} ${endMark(node.end, colors)} ${time}`;
  const progress = progressText(node.progress);
  return `${colors.cyan(node.cluster ?? '')} ${progress ? `${progress} ` : ''}${time}`;
}

function checkLines(tree: SpanTree, { colors, now }: TaskStyle): Line[] {
  const done = tree.results.map(({ id, subject, outcome }) => ({
    text: `${statusMark(outcome.status, colors)} ${id}${subject ? ` (${subject})` : ''}  ${outcomeText(outcome)}`,
    keep: outcome.status === 'fail',
  }));
  return [...done, ...tree.runningChecks.map((check) => runningLine(check, { colors, now }))];
}

function runningLine(check: RunningCheck, { colors, now }: TaskStyle): Line {
  const turn = colors.cyan(spinner[Math.floor(now / 80) % spinner.length] ?? spinner[0]);
  const who = check.subject ? `${check.id} (${check.subject})` : check.id;
  return { text: `${turn} ${who}  ${colors.dim(formatDuration(now - check.started))}`, keep: true };
}

/** Finished lines are left out first, oldest first; then the last ones that fit are shown. */
function fitHeight(lines: readonly Line[], rows: number, colors: Paint): string[] {
  if (lines.length <= rows) return lines.map(({ text }) => text);
  let surplus = lines.length - rows + 1;
  const left = lines.filter(({ keep }) => keep || surplus-- <= 0);
  const shown = left.slice(Math.max(0, left.length - (rows - 1)));
  const hidden = lines.length - shown.length;
  return [colors.dim(`… ${hidden} more`), ...shown.map(({ text }) => text)].slice(0, rows);
}
