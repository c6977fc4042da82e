import { argued, faults } from './pains.ts';

/** How each means did on one fault. */
export interface Score {
  readonly pain: string;
  readonly title: string;
  readonly check: string;
  readonly found: boolean;
  readonly seconds: number;
  readonly istioctl: boolean;
  readonly seed: boolean;
}

const mark = (found: boolean): string => (found ? 'found' : '–');
const number = (pain: string): number => Number(pain.slice(1));
const cell = (score: Score): string =>
  score.found ? `${score.check}, ${score.seconds.toFixed(1)} s` : 'missed';

/** The page of the last run: one row for each fault, then what was not injected, and why. */
export function scorePage(scores: readonly Score[]): string {
  const sorted = [...scores].sort((a, b) => number(a.pain) - number(b.pain));
  const rows = sorted.map(
    (one) => `| ${one.pain} | ${one.title} | ${cell(one)} | ${mark(one.istioctl)} | ${mark(one.seed)} |`,
  );
  const unseen = faults.filter(({ pain }) => !scores.some((one) => one.pain === pain));
  const notRun = unseen.map(({ pain, title }) => `| ${pain} | ${title} | the last run left it out |`);
  const reasons = argued.map(({ pain, title, why }) => `| ${pain} | ${title} | ${why} |`);
  const count = (of: keyof Pick<Score, 'found' | 'istioctl' | 'seed'>) =>
    scores.filter((one) => one[of]).length;
  return `# Faults

Made by \`npm run faults\`, which causes each fault in two running clusters and mends it again.

Found means, for isthmus, that the named check says what is wrong; for the others, only that they say more than on the
healthy mesh. Hand checks: the first target of the gateway is ready, a gateway’s address is among the healthy
endpoints, and ten requests from each cluster get answers of both versions. The time is that of \`isthmus check NAME\`
from the fault to its report, start of the program included.

| pain | fault | isthmus | istioctl analyze + remote-clusters | hand checks |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
| | **sum of ${scores.length}** | **${count('found')}** | **${count('istioctl')}** | **${count('seed')}** |

## Not injected

| pain | what | why |
| --- | --- | --- |
${[...notRun, ...reasons].join('\n')}
`;
}
