import {
  ILayoutRestorer,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';

import { NotewrightPanel } from '../components/panel';
import { INotewright, PANEL_ID } from '../tokens';

export const panelPlugin: JupyterFrontEndPlugin<void> = {
  id: 'notewright:panel',
  description: 'Adds the side panel with snapshots, runs, checks, packages and deployments.',
  autoStart: true,
  requires: [INotewright],
  optional: [INotebookTracker, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    notewright: INotewright,
    tracker: INotebookTracker | null,
    restorer: ILayoutRestorer | null
  ): void => {
    if (tracker === null) {
      // Pages without notebooks, such as Notebook 7's file list.
      return;
    }
    const panel = new NotewrightPanel(notewright);
    app.shell.add(panel, 'right', { rank: 600, type: 'Notewright' });
    restorer?.add(panel, PANEL_ID);
  }
};
