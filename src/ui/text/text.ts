import sliceAnsi from 'slice-ansi';
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';

/** Cut to a width in terminal cells, with an ellipsis when something was cut. */
export function cutTo(text: string, width: number): string {
  if (stringWidth(text) <= width) return text;
  return width <= 1 ? '…'.slice(0, width) : `${sliceAnsi(text, 0, width - 1)}…`;
}

/** Pad on the right to a width in terminal cells. */
export const padTo = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - stringWidth(text)));

/** Lines of at most `width` cells; every line after a label hangs under its first word. */
export function hanging(label: string, text: string, width: number): string[] {
  const indent = ' '.repeat(stringWidth(label));
  const room = Math.max(20, width - indent.length);
  const lines = text.split('\n').flatMap((line) => wrapAnsi(line, room, { trim: false }).split('\n'));
  return lines.map((line, index) => `${index === 0 ? label : indent}${line.trimEnd()}`.trimEnd());
}

/** `1 cluster`, `2 clusters`. */
export const count = (amount: number, noun: string): string => `${amount} ${noun}${amount === 1 ? '' : 's'}`;
