import { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, InputDialog } from '@jupyterlab/apputils';

import { exportIcon, markIcon } from '../components/icons';
import { CommandIDs, INotewright, PANEL_ID } from '../tokens';

const CATEGORY = 'Notewright';

export const commandsPlugin: JupyterFrontEndPlugin<void> = {
  id: 'notewright:commands',
  description: "Adds Notewright's commands to the palette, the notebook toolbar and the keyboard.",
  autoStart: true,
  requires: [INotewright],
  optional: [ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    notewright: INotewright,
    palette: ICommandPalette | null
  ): void => {
    const { commands, shell } = app;
    const hasNotebook = () => notewright.current !== null;
    const isLoaded = () => notewright.current?.kernel.state === 'open';

    commands.addCommand(CommandIDs.open, {
      label: 'Show the Notewright Panel',
      caption: 'Snapshots, runs, checks, packages and deployments of this notebook',
      icon: markIcon,
      execute: () => shell.activateById(PANEL_ID)
    });

    commands.addCommand(CommandIDs.snapshot, {
      label: 'Take a Snapshot…',
      caption: "Save all of the notebook's variables",
      isEnabled: isLoaded,
      execute: async () => {
        const answer = await InputDialog.getText({
          title: 'Take a snapshot',
          label: 'What is in it?',
          okLabel: 'Snapshot'
        });
        if (answer.button.accept) {
          notewright.current?.start('Taking a snapshot', {
            verb: 'snapshot',
            message: (answer.value ?? '').trim()
          });
        }
      }
    });

    commands.addCommand(CommandIDs.exportModel, {
      label: 'Export a Model…',
      caption: 'Export a model of this notebook as a package that is proved to predict the same',
      icon: exportIcon,
      isEnabled: hasNotebook,
      execute: async () => {
        shell.activateById(PANEL_ID);
        if (notewright.current) {
          notewright.current.exportAsked = true;
        }
      }
    });

    commands.addCommand(CommandIDs.refresh, {
      label: 'Read Everything Again',
      isEnabled: hasNotebook,
      execute: () => notewright.current?.refresh()
    });

    notewright.currentChanged.connect(() => commands.notifyCommandChanged());

    for (const command of Object.values(CommandIDs)) {
      palette?.addItem({ command, category: CATEGORY });
    }
  }
};
