/** `4 s`, `3 min`, `2 h`, `5 d`. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

export const percent = (share: number): string =>
  `${(share * 100).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;

export const milliseconds = (ms: number): string => `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`;

/** The first part of a fingerprint, by which a person tells two apart. */
export const short = (fingerprint: string | undefined): string => fingerprint?.slice(0, 16) ?? '–';

/** Days from one moment to an ISO 8601 date; negative when it is past. */
export const daysUntil = (date: string, from: number): number => (Date.parse(date) - from) / 86_400_000;

export const count = (number: number, thing: string): string =>
  `${number} ${thing}${number === 1 ? '' : 's'}`;

/** `in 12 days`, `in 5 h`, `ended 2 days ago`. */
export function until(date: string, from: number): string {
  const seconds = (Date.parse(date) - from) / 1000;
  return seconds >= 0 ? `in ${duration(seconds)}` : `ended ${duration(-seconds)} ago`;
}
