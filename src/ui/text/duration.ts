/** Milliseconds for a person: `240 ms`, `3.4 s`, `2 min 05 s`, `1 h 02 min`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.max(0, Math.round(milliseconds))} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  if (minutes < 60) return `${minutes} min ${two(Math.round(seconds) % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** Whole units until or since a moment, for dates of certificates: `59 days`, `5 hours`. */
export function formatSpanOfDays(milliseconds: number): string {
  const hours = Math.floor(Math.abs(milliseconds) / 3_600_000);
  if (hours < 48) return `${hours} ${hours === 1 ? 'hour' : 'hours'}`;
  const days = Math.floor(hours / 24);
  return days < 730 ? `${days} days` : `${Math.floor(days / 365)} years`;
}

const two = (value: number): string => String(value).padStart(2, '0');
