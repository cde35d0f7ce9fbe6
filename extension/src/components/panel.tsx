import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

import { INotewright, PANEL_ID } from '../tokens';
import { ErrorBoundary } from './error-boundary';
import { markIcon } from './icons';
import { PanelBody } from './panel-body';
import { useSignal } from './use-signal';

/** The side panel, for whichever notebook is the active one. */
export class NotewrightPanel extends ReactWidget {
  constructor(private readonly _notewright: INotewright) {
    super();
    this.id = PANEL_ID;
    this.title.icon = markIcon;
    this.title.caption = 'Notewright';
    this.addClass('nw-Panel');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', 'Notewright');
  }

  protected override render(): JSX.Element {
    return <Panel notewright={this._notewright} />;
  }
}

function Panel({ notewright }: { notewright: INotewright }): JSX.Element {
  useSignal(notewright.currentChanged);
  const link = notewright.current;
  if (link === null) {
    return (
      <p className="nw-Empty nw-mod-whole">
        Open a notebook to see its snapshots, runs, checks and packages.
      </p>
    );
  }
  return (
    <ErrorBoundary what="The panel" key={link.panel.id}>
      <PanelBody link={link} />
    </ErrorBoundary>
  );
}
