// Runs a command in a terminal and writes what it showed as a moving picture: npm run record -- FILE.svg COMMAND…
// README's is `npm run record -- docs/images/up.svg ./isthmus up`, on a machine whose toolchain is built.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import xterm from '@xterm/headless';

const [columns, rows] = [112, 36];
/** Milliseconds between two looks at the screen. */
const interval = 400;
/** Seconds that the end stays before it begins anew. */
const rest = 6;
const [width, height, margin] = [8.4, 18, 12];
/** ANSI's first eight, dim and bright, on a dark ground. */
const palette = ['#6e7681', '#ff7b72', '#3fb950', '#d29922', '#58a6ff', '#bc8cff', '#39c5cf', '#c9d1d9'];

const [file, ...command] = process.argv.slice(2);
if (!file || command.length === 0) throw new Error('usage: npm run record -- FILE.svg COMMAND…');

/** One line of the screen for as long as it stayed as it was; seconds from the beginning. */
interface Line {
  readonly row: number;
  readonly markup: string;
  readonly from: number;
  until: number;
}

const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
const shown = new Map<number, Line>();
const lines: Line[] = [];
const began = Date.now();

const exitCode = await play();
const seconds = Math.max(...lines.map(({ until }) => until));
await mkdir(dirname(file), { recursive: true });
await writeFile(file, picture(seconds));
process.stderr.write(`${file}: ${Math.round(seconds)} s, exit code ${exitCode}\n`);
process.exitCode = exitCode;

/** Run it under script(1), which gives it a terminal, and look at the screen now and then. */
async function play(): Promise<number> {
  const sized = `stty cols ${columns} rows ${rows}; ${command.join(' ')}`;
  const child = spawn('script', ['-qec', sized, '/dev/null'], { stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.on('data', (chunk: Buffer) => terminal.write(chunk));
  const timer = setInterval(look, interval);
  const [code] = (await once(child, 'close')) as [number];
  clearInterval(timer);
  await new Promise<void>((resolve) => terminal.write('', resolve));
  look();
  return code;
}

function look(): void {
  const now = (Date.now() - began) / 1000;
  for (let row = 0; row < rows; row += 1) {
    const markup = lineMarkup(row);
    const former = shown.get(row);
    if (former) former.until = now;
    if (former?.markup === markup) continue;
    const line = { row, markup, from: now, until: now };
    shown.set(row, line);
    lines.push(line);
  }
}

/** A line's cells as SVG, with one `tspan` for each run of one style. */
function lineMarkup(row: number): string {
  const buffer = terminal.buffer.active;
  const line = buffer.getLine(buffer.viewportY + row);
  let markup = '';
  let [text, style] = ['', ''];
  const flush = () => {
    if (text.trim()) markup += style ? `<tspan ${style}>${escaped(text)}</tspan>` : escaped(text);
    else markup += text;
    text = '';
  };
  for (let column = 0; line && column < columns; column += 1) {
    const cell = line.getCell(column);
    const next = cell ? styleOf(cell) : '';
    if (next !== style) flush();
    style = next;
    text += cell?.getChars() || ' ';
  }
  text = text.trimEnd();
  flush();
  return markup.trimEnd();
}

function styleOf(cell: xterm.IBufferCell): string {
  const color = cell.isFgPalette() ? palette[cell.getFgColor() % 8] : undefined;
  const parts = [
    color ? `fill="${color}"` : '',
    cell.isBold() ? 'font-weight="bold"' : '',
    cell.isDim() ? 'opacity="0.6"' : '',
  ];
  return parts.filter(Boolean).join(' ');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Each line shows in its own time, over and over; who wants no motion, or has no SMIL, sees the end. */
function picture(end: number): string {
  const [w, h] = [columns * width + 2 * margin, rows * height + 2 * margin];
  const drawn = lines
    .filter(({ markup, from, until }) => markup !== '' && until > from)
    .map(({ row, markup, from, until }) => {
      const y = (margin + (row + 0.75) * height).toFixed(1);
      const last = until >= end;
      const hidden = last ? '' : ' visibility="hidden"';
      const begin = `loop.begin+${from.toFixed(1)}s`;
      const dur = `${(last ? end + rest - from : until - from).toFixed(1)}s`;
      const hide =
        last && from > 0
          ? `<set attributeName="visibility" to="hidden" begin="loop.begin" dur="${from.toFixed(1)}s"/>`
          : '';
      const show = last ? '' : `<set attributeName="visibility" to="visible" begin="${begin}" dur="${dur}"/>`;
      return `<text x="${margin}" y="${y}"${hidden}>${markup}${hide}${show}</text>`;
    });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w.toFixed(0)} ${h}" role="img" font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,monospace" font-size="14" fill="#c9d1d9" xml:space="preserve">`,
    `<title>${escaped(command.join(' '))}, ${Math.round(end)} seconds</title>`,
    `<rect width="100%" height="100%" rx="8" fill="#0d1117"><animate id="loop" attributeName="rx" values="8;8" begin="0s;loop.end" dur="${(end + rest).toFixed(1)}s"/></rect>`,
    ...drawn,
    '</svg>',
    '',
  ].join('\n');
}
