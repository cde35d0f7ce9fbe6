import { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
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
    const link = new NotebookLink(panel, this._contents, this._pollSeconds);
    this._links.set(panel, link);
    panel.disposed.connect(() => this._links.delete(panel));
    return link;
  }

  private readonly _links = new Map<NotebookPanel, NotebookLink>();
  private readonly _currentChanged = new Signal<INotewright, NotebookLink | null>(this);
  private _current: NotebookLink | null = null;
  private _pollSeconds = 5;
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
    const links = new Links(app.serviceManager.contents, tracker);
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
