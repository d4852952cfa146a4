// Figures and times as people read them.

const whole = new Intl.NumberFormat("en");

export const count = (value: number): string => whole.format(value);

export function rate(value: number): string {
  if (value === 0) return "0";
  return value < 10 ? value.toFixed(1) : whole.format(Math.round(value));
}

const two = (value: number) => String(value).padStart(2, "0");

const dateOf = (micros: number) => new Date(micros / 1000);

/** 09:41:07 */
export function clock(micros: number): string {
  const at = dateOf(micros);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** 09:41:07.123 */
export const clockMillis = (micros: number): string => `${clock(micros)}.${String(dateOf(micros).getMilliseconds()).padStart(3, "0")}`;

/** 09:41 today, else 3 Mar 09:41. */
export function moment(micros: number, now = Date.now()): string {
  const at = dateOf(micros);
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`;
  if (at.toDateString() === new Date(now).toDateString()) return time;
  return `${at.getDate()} ${at.toLocaleString("en", { month: "short" })} ${time}`;
}

/** The moment in the zone of all machines, for a title. */
export const utc = (micros: number): string => dateOf(micros).toISOString();

/** 0.3 s, 12 s, 6 min, 1 h 30 min, 3 d */
export function span(seconds: number): string {
  if (seconds < 0) return "0 s";
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return hours % 24 ? `${days} d ${hours % 24} h` : `${days} d`;
}

export const ago = (micros: number | null, now: number): string => (micros === null ? "never" : `${span((now - micros) / 1e6)} ago`);

export function bytes(value: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let size = value;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${units[unit]}`;
}

export const plural = (number: number, one: string, many = `${one}s`): string => `${count(number)} ${number === 1 ? one : many}`;

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
