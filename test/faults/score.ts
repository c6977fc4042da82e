import { cpus } from 'node:os';
import type { Fault } from './fault.ts';
import { argued, faults } from './pains.ts';

/** What every means said of the healthy bed, and of each fault. */
export interface Scores {
  /** Only isthmus was asked: what the others have to say is not known. */
  readonly alone: boolean;
  healthy: Health | undefined;
  readonly faults: Score[];
}

export interface Health {
  readonly seconds: number;
  readonly isthmus: readonly string[];
  readonly istioctl: readonly string[];
  readonly seed: readonly string[];
}

/** How each means did on one fault; for the others, what they say more than on the healthy bed. */
export interface Score {
  readonly pain: string;
  readonly title: string;
  readonly found: boolean;
  /** From the fault to the end of the doctor run that named it. */
  readonly seconds: number;
  /** Of the named check alone. */
  readonly checkSeconds: number | undefined;
  /** What doctor named first in runs before that one. */
  readonly before: readonly string[];
  /** What doctor --all complained of besides the fault and its consequences. */
  readonly others: readonly string[];
  readonly said: string;
  /** Load average of the machine, whose processors both clusters and all means share. */
  readonly load: number;
  readonly istioctl: readonly string[];
  readonly seed: readonly string[];
}

/** How far complaints lead: to the cause, to a symptom of it, or nowhere. */
export function mark(complaints: readonly string[], { points }: Pick<Fault, 'points'>): string {
  if (complaints.some((line) => points.test(line))) return 'cause';
  return complaints.length > 0 ? 'symptom' : '–';
}

const number = (pain: string): number => Number(pain.slice(1));
const inOrder = <T extends { pain: string }>(all: readonly T[]): T[] =>
  [...all].sort((a, b) => number(a.pain) - number(b.pain));

/**
 * Of two Services with different ports in the two clusters, which is no fault here, analyze names one
 * by chance; what it says in health of one of them is not news of the other.
 */
const canonical = (line: string): string =>
  line.includes('[IST0170]') ? line.replaceAll(/istio-(ingress|eastwest)gateway/g, 'a gateway') : line;

/** Complaints that the healthy bed does not have. */
function news(said: readonly string[], inHealth: readonly string[] = []): string[] {
  const known = new Set(inHealth.map(canonical));
  return said.filter((line) => !known.has(canonical(line)));
}

interface Row {
  readonly score: Score;
  readonly fault: Fault;
}

function rowsOf({ faults: scores, healthy }: Scores): Row[] {
  return inOrder(scores).flatMap((all) => {
    const fault = faults.find(({ title }) => title === all.title);
    const score = {
      ...all,
      istioctl: news(all.istioctl, healthy?.istioctl),
      seed: news(all.seed, healthy?.seed),
    };
    return fault ? [{ score, fault }] : [];
  });
}

/** What isthmus named, and the seconds of doctor and of the named check. */
function ownColumns({ score, fault }: Row): string {
  const check = score.checkSeconds === undefined ? '–' : `${score.checkSeconds.toFixed(1)} s`;
  const own = score.found
    ? `${fault.expects.check} | ${score.seconds.toFixed(1)} s | ${check}`
    : 'missed | | ';
  return `| ${score.pain} | ${score.title} | ${own} |`;
}

function row(one: Row): string {
  const { score, fault } = one;
  return `${ownColumns(one)} ${mark(score.istioctl, fault)} | ${mark(score.seed, fault)} |`;
}

function details({ score, fault }: Row): string {
  const lines = score.said.split('\n');
  const named = lines.filter((line) => fault.expects.names.some((name) => name.test(line)));
  const [first = lines.join(' ').replaceAll(/ +/g, ' ')] = named;
  const follows = fault.follows.map(({ check, why }) => `${check} (${why})`).join('; ');
  const list = (lines: readonly string[]): string =>
    lines.length === 0
      ? ' nothing'
      : `\n${lines.map((line) => `  - \`${line.replaceAll('`', "'")}\``).join('\n')}`;
  return [
    `### ${score.pain}: ${score.title}`,
    '',
    `${fault.done.charAt(0).toUpperCase()}${fault.done.slice(1)}.`,
    '',
    `- isthmus (${fault.expects.check}): \`${first}\``,
    ...(follows ? [`- may follow: ${follows}`] : []),
    ...(score.before.length > 0
      ? [`- said before: ${score.before.map((one) => `\`${one}\``).join(', ')}`]
      : []),
    ...(score.others.length > 0 ? [`- besides: ${score.others.map((one) => `\`${one}\``).join(', ')}`] : []),
    `- istioctl:${list(score.istioctl)}`,
    `- hand checks:${list(score.seed)}`,
  ].join('\n');
}

function sums(rows: readonly Row[]): string {
  const of = (rival: 'istioctl' | 'seed', wanted: string) =>
    rows.filter(({ score, fault }) => mark(score[rival], fault) === wanted).length;
  const both = (rival: 'istioctl' | 'seed') =>
    `**${of(rival, 'cause')} cause, ${of(rival, 'symptom')} symptom**`;
  const found = rows.filter(({ score }) => score.found).length;
  return `| | **${rows.length} faults** | **${found} named** | | | ${both('istioctl')} | ${both('seed')} |`;
}

/** Times are only as good as the machine was quiet. */
function loadOf({ faults: scores }: Scores): string {
  const loads = scores.map(({ load }) => load);
  const range = `${Math.min(...loads).toFixed(1)} to ${Math.max(...loads).toFixed(1)}`;
  return `The load average was ${range} on ${cpus().length} processors, which the clusters and everything else on the machine share; times grow with it.`;
}

/** The page of a full run: one row for each fault, what everybody said, and what was not injected and why. */
export function scorePage(scores: Scores): string {
  const rows = rowsOf(scores);
  const pains = new Set([
    ...rows.filter(({ score }) => score.found).map(({ score }) => score.pain),
    ...argued.map(({ pain }) => pain),
  ]);
  const all = new Set([...faults, ...argued].map(({ pain }) => pain));
  const { healthy } = scores;
  const reasons = inOrder(argued).map(({ pain, title, why }) => `| ${pain} | ${title} | ${why} |`);
  return `# Faults

Made by \`npm run faults\`, which causes each fault in two running clusters, looks, and mends it again. ${pains.size} of ${all.size} pains are found by name or argued below. On the healthy bed isthmus finds ${healthy?.isthmus.length ?? 'not known'} things wrong, istioctl ${healthy?.istioctl.length ?? 'not known'} and the hand checks ${healthy?.seed.length ?? 'not known'}; a whole \`doctor\` takes ${healthy?.seconds.toFixed(1) ?? '?'} s there. ${loadOf(scores)}

## How it is counted

- **isthmus** has found a fault if the first thing that \`isthmus doctor\` complains of is the named check, and its problems name the cluster, the object and what is wrong. \`doctor\` is the time from the fault to the end of the run that said so, start of the program included; \`check\` is that of \`isthmus check NAME\` alone. \`doctor --all\` may complain of nothing else but the consequences listed with each fault.
- **istioctl** is \`istioctl analyze -A\` and \`istioctl remote-clusters\` for each cluster. **Hand checks** are the three of the pattern that isthmus came from: the first target of the east-west gateway is healthy, sleep’s proxy has a gateway’s address among the endpoints of helloworld, and ten requests get answers of both versions and no error. They may take their time.
- What the others say counts if they say it twice in a row and not on the healthy bed. It is a **cause** if it names what is broken, by the words listed in the fault’s file (\`points\`), and a **symptom** if it only shows that something is. Every line of theirs is below, so that each mark can be checked.

## Score

| pain | fault | isthmus | doctor | check | istioctl | hand checks |
| --- | --- | --- | --- | --- | --- | --- |
${rows.map(row).join('\n')}
${sums(rows)}

## Not injected

| pain | what | why |
| --- | --- | --- |
${reasons.join('\n')}

## What was said

${rows.map(details).join('\n\n')}
`;
}

/** Faults that the run left out. */
function untimed(rows: readonly Row[]): string {
  const timed = new Set(rows.map(({ fault }) => fault));
  const rest = faults.filter((fault) => !timed.has(fault)).map(({ pain, title }) => `${pain} (${title})`);
  return rest.length > 0 ? `\nNot timed in this run: ${rest.join('; ')}.\n` : '';
}

/** The part of a run in which only isthmus was asked: how long it took to name each fault. */
export function timesPage(scores: Scores): string {
  const rows = rowsOf(scores);
  const found = rows.filter(({ score }) => score.found);
  const quick = found.filter(({ score }) => score.seconds < 5).length;
  return `## Time to diagnosis

Made by \`ISTHMUS_FAULT_ALONE=1 npm run faults\`, which asks nobody but isthmus. ${found.length} of ${rows.length} faults were named first, ${quick} of them within five seconds of the fault; a whole \`doctor\` of the healthy bed takes ${scores.healthy?.seconds.toFixed(1) ?? '?'} s. ${loadOf(scores)} A time contains what istiod and Envoy take until the fault is there to be seen.

| pain | fault | isthmus | doctor | check |
| --- | --- | --- | --- | --- |
${rows.map(ownColumns).join('\n')}
${untimed(rows)}`;
}
