import { ISnapshot } from '../api/types';

/** Why a snapshot was taken, unless somebody asked for it. */
export const KINDS: Record<string, string> = {
  auto: 'automatic',
  run: 'run',
  export: 'export',
  restore: 'restore'
};

/** What a snapshot is called: its message, else the cell it was taken after; code in backquotes. */
export function called({ message, kind, cell }: ISnapshot): string {
  return message || (kind === 'auto' && cell) || (KINDS[kind] ?? 'snapshot');
}

/** The words without backquotes. */
export function plain(words: string): string {
  return words.replaceAll('`', '');
}
