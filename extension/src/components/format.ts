import { Metric } from '../api/types';

/** The first characters of an id, as `%nw` shows it. */
export function shortId(id: string): string {
  return id.slice(0, 6);
}

/** "just now", "4 min ago", "yesterday 14:05", or the date. */
export function ago(iso: string, now = new Date()): string {
  const then = new Date(iso);
  const seconds = (now.getTime() - then.getTime()) / 1000;
  if (Number.isNaN(seconds)) {
    return iso;
  }
  if (seconds < 45) {
    return 'just now';
  }
  if (seconds < 3600) {
    return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  }
  const time = then.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  if (then.toDateString() === now.toDateString()) {
    return time;
  }
  return `${then.toLocaleDateString([], { day: 'numeric', month: 'short' })} ${time}`;
}

/** The full moment, for a tooltip. */
export function moment(iso: string): string {
  const then = new Date(iso);
  return Number.isNaN(then.getTime()) ? iso : then.toLocaleString();
}

/** Up to four significant digits, or as many as asked for; words as they are. */
export function figure(value: unknown, digits = 4): string {
  if (typeof value !== 'number') {
    return value === null || value === undefined ? '–' : String(value as Metric);
  }
  if (Number.isInteger(value)) {
    return String(value);
  }
  const size = Math.abs(value);
  return size >= 0.00001 && size < 1_000_000
    ? String(Number(value.toPrecision(digits)))
    : value.toExponential(2);
}

/** "1 variable", "3 variables". */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : plural}`;
}

/** "340 kB". */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = count;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? size : size.toPrecision(3)} ${units[unit]}`;
}

/** "sklearn.linear_model._logistic.LogisticRegression" -> "LogisticRegression". */
export function shortType(type: string): string {
  return type.split('.').pop() ?? type;
}
