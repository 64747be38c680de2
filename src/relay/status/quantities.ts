/** Formats a number of bytes. */
export function bytes(count: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  let value = count;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** Formats a rate without its unit. */
export function rate(perSecond: number): string {
  return perSecond >= 100 || perSecond === 0 ? String(Math.round(perSecond)) : perSecond.toFixed(1);
}

/** Formats the bound of a bucket, in seconds. */
export function latency(seconds: number | null): string {
  if (seconds === null) return "–";
  return seconds < 1 ? `≤ ${Number((seconds * 1000).toPrecision(3))} ms` : `≤ ${seconds} s`;
}

/** Formats a duration in its two largest units. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48
    ? `${hours} h ${minutes % 60} min`
    : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Formats a time in UTC, to the second. */
export function moment(at: number): string {
  return new Date(at).toISOString().replace("T", " ").replace(/\.[0-9]+Z$/, "");
}
