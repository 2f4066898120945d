// Times, counts and shares as people read them.

/** A duration: "840 ms", "2.4 s", "1 min 5 s". */
export function durationText(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.max(0, Math.round(milliseconds))} ms`;
  if (milliseconds < 60_000) return `${(milliseconds / 1_000).toFixed(milliseconds < 9_950 ? 1 : 0)} s`;
  const seconds = Math.round(milliseconds / 1_000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

const COUNT = new Intl.NumberFormat("en");

/** A count: "12,480". */
export function countText(count: number | bigint): string {
  return COUNT.format(count);
}

/** A count with its noun: "1 row", "12 rows". */
export function counted(count: number | bigint, one: string, many = `${one}s`): string {
  return `${countText(count)} ${Number(count) === 1 ? one : many}`;
}

/** A share from 0 to 1 as per cent. It never rounds up to certainty, nor down to none. */
export function percentText(share: number): string {
  const rounded = Math.round(share * 100);
  if (rounded >= 100 && share < 1) return "99 %";
  if (rounded <= 0 && share > 0) return "1 %";
  return `${rounded} %`;
}

const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const DATE = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

/** When something was, seen from now: "5 minutes ago", and the date when it is longer ago than a day. */
export function agoText(then: Date, now: Date): string {
  const minutes = Math.round((then.getTime() - now.getTime()) / 60_000);
  if (minutes > -1) return "just now";
  if (minutes > -60) return RELATIVE.format(minutes, "minute");
  if (minutes > -1_440) return RELATIVE.format(Math.round(minutes / 60), "hour");
  return DATE.format(then);
}
