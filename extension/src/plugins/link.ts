import { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { Contents } from '@jupyterlab/services';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ISignal, Signal } from '@lumino/signaling';

import { NotebookLink } from '../model/notebook-link';
import { INotewright } from '../tokens';

const SETTINGS = 'notewright:panel';

/** Links the notebooks that were active once, and says which is now. */
class Links implements INotewright {
  constructor(
    private readonly _contents: Contents.IManager,
    private readonly _open: (path: string, isFolder: boolean) => void,
    tracker: INotebookTracker | null
  ) {
    tracker?.currentChanged.connect((_, panel) => this._onCurrent(panel));
    this._onCurrent(tracker?.currentWidget ?? null);
  }

  get current(): NotebookLink | null {
    return this._current;
  }

  get currentChanged(): ISignal<INotewright, NotebookLink | null> {
    return this._currentChanged;
  }

  set pollSeconds(seconds: number) {
    this._pollSeconds = seconds;
    for (const link of this._links.values()) {
      link.pollSeconds = seconds;
    }
  }

  private _onCurrent(panel: NotebookPanel | null): void {
    const next = panel === null ? null : this._linkOf(panel);
    if (next !== this._current) {
      this._current = next;
      this._currentChanged.emit(next);
    }
  }

  private _linkOf(panel: NotebookPanel): NotebookLink {
    const known = this._links.get(panel);
    if (known) {
      return known;
    }
    const link = new NotebookLink(panel, this._contents, this._open, this._pollSeconds);
    this._links.set(panel, link);
    panel.disposed.connect(() => this._links.delete(panel));
    return link;
  }

  private readonly _links = new Map<NotebookPanel, NotebookLink>();
  private readonly _currentChanged = new Signal<INotewright, NotebookLink | null>(this);
  private _current: NotebookLink | null = null;
  private _pollSeconds = 5;
}

/** Return what opens a file or a folder where the application has a place for it. */
function opener(
  commands: JupyterFrontEnd['commands']
): (path: string, isFolder: boolean) => void {
  return (path, isFolder) => {
    if (!isFolder) {
      const factory = path.endsWith('.md') ? 'Markdown Preview' : undefined;
      void commands.execute('docmanager:open', { path, factory });
    } else if (commands.hasCommand('filebrowser:open-path')) {
      void commands.execute('filebrowser:open-path', { path });
    } else {
      // Notebook 7 has its file browser on a page of its own.
      const url = URLExt.join(PageConfig.getBaseUrl(), 'tree', URLExt.encodeParts(path));
      window.open(url, '_blank', 'noopener');
    }
  };
}

export const linkPlugin: JupyterFrontEndPlugin<INotewright> = {
  id: 'notewright:link',
  description: "Links open notebooks to Notewright's kernel and server parts.",
  autoStart: true,
  provides: INotewright,
  optional: [INotebookTracker, ISettingRegistry],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker | null,
    registry: ISettingRegistry | null
  ): INotewright => {
    const { commands, serviceManager } = app;
    const links = new Links(serviceManager.contents, opener(commands), tracker);
    registry?.load(SETTINGS).then(
      settings => {
        const apply = () => {
          links.pollSeconds = settings.get('pollSeconds').composite as number;
        };
        settings.changed.connect(apply);
        apply();
      },
      reason => console.warn(`The settings of ${SETTINGS} cannot be read.`, reason)
    );
    return links;
  }
};
