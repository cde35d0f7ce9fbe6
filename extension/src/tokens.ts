import { Token } from '@lumino/coreutils';
import { ISignal } from '@lumino/signaling';

import { NotebookLink } from './model/notebook-link';

/** What the panel, the commands and the toolbar share. */
export interface INotewright {
  /** The link to the active notebook, or null when there is none. */
  readonly current: NotebookLink | null;

  /** Emitted when another notebook becomes the active one. */
  readonly currentChanged: ISignal<INotewright, NotebookLink | null>;
}

export const INotewright = new Token<INotewright>(
  'notewright:INotewright',
  "Links notebooks to Notewright's kernel and server parts."
);

/** Commands of this extension; the names are part of its interface. */
export namespace CommandIDs {
  export const open = 'notewright:open-panel';
  export const snapshot = 'notewright:snapshot';
  export const exportModel = 'notewright:export';
  export const refresh = 'notewright:refresh';
}

/** The id of the side panel's widget. */
export const PANEL_ID = 'notewright-panel';
