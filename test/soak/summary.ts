import { type Alarm, isTrue, type Soak } from './soak.ts';

const minuteAndSecond = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
};

function row({ started }: Soak, alarm: Alarm): string {
  const { at, check, lines, during, lost } = alarm;
  const cells = [
    minuteAndSecond(at - started),
    check,
    lines.join('<br>'),
    during.join('<br>') || 'nothing',
    lost.map(({ cluster, how }) => `${cluster}: ${how}`).join('<br>') || 'none',
    isTrue(alarm) ? 'yes' : '**no**',
  ];
  return `| ${cells.join(' | ')} |`;
}

/** The part of docs/faults.md about false alarms. */
export function soakPart(found: Soak): string {
  const { minutes, runs, secondsPerRun, sent, lost, happenings, alarms } = found;
  const untrue = alarms.filter((one) => !isTrue(one)).length;
  const kinds = [...new Set(happenings.map(({ what }) => what))];
  const raised =
    alarms.length === 0
      ? 'Nothing was raised.'
      : `| at | check | said | while | requests that the load lost then | true |\n| --- | --- | --- | --- | --- | --- |\n${alarms.map((one) => row(found, one)).join('\n')}`;
  return `## False alarms

Made by \`npm run soak\`: ${minutes} minutes of requests from sleep to helloworld in every cluster, one after the other, while Deployments are restarted and scaled, and \`doctor --all\` again and again. ${happenings.length} disturbances (${kinds.join('; ')}), ${sent} requests of which ${lost.length} got no answer, ${runs} runs of doctor of ${secondsPerRun.toFixed(1)} s each: ${alarms.length} findings, ${untrue} of them untrue.

A finding is true if doctor’s own requests failed, or if it speaks of the way of requests and the load lost some at that time. Everything else would be a false alarm.

${raised}
`;
}
