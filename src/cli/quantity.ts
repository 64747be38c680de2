/** Formats a time span for display: `now`, `12s`, `5m`, `3h`, `2d`. */
export function formatAge(milliseconds: number): string {
  if (milliseconds < 1000) return "now";
  const units: [string, number][] = [["d", 86_400_000], ["h", 3_600_000], ["m", 60_000], [
    "s",
    1000,
  ]];
  const [name, size] = units.find(([, size]) => milliseconds >= size)!;
  return `${Math.floor(milliseconds / size)}${name}`;
}

/** Formats a time in milliseconds as an option takes it: `300ms`, `30s`, `never`. */
export function durationText(milliseconds: number): string {
  if (milliseconds === Infinity) return "never";
  return milliseconds % 1000 === 0 ? `${milliseconds / 1000}s` : `${milliseconds}ms`;
}

/**
 * Formats a count for display, with separated thousands and the noun in the plural if needed.
 *
 * @example
 * ```ts
 * formatCount(12345, "session"); // "12,345 sessions"
 * ```
 */
export function formatCount(count: number, noun?: string): string {
  const digits = String(count).replace(/\B(?=([0-9]{3})+$)/g, ",");
  return noun === undefined ? digits : `${digits} ${noun}${count === 1 ? "" : "s"}`;
}

/** Formats a size for display: `512 bytes`, `1.5 KiB`, `64 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ["KiB", "MiB", "GiB", "TiB"];
  let size = bytes;
  let unit: string | undefined;
  while (size >= 1024 && units.length > 0) {
    size /= 1024;
    unit = units.shift();
  }
  if (unit === undefined) return formatCount(bytes, "byte");
  return `${Number(size.toFixed(size < 10 ? 1 : 0))} ${unit}`;
}
