import { refreshIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { NO_WORKSPACE } from '../api/problem';
import { NotebookLink } from '../model/notebook-link';
import { ChecksSection } from './checks-section';
import { KernelNotice } from './kernel-notice';
import { Notice } from './notice';
import { PackagesSection } from './packages-section';
import { RunsSection } from './runs-section';
import { SnapshotsSection } from './snapshots-section';
import { StatusLine } from './status-line';
import { TaskBar } from './task-bar';
import { useSignal } from './use-signal';

/** The panel for one notebook. */
export function PanelBody({ link }: { link: NotebookLink }): JSX.Element {
  useSignal(link.changed);
  const obstacle = link.records.obstacle;
  const unread = obstacle !== null && link.records.data.snapshots === null;
  return (
    <>
      <div className="nw-Top">
        <header className="nw-Header">
          <span
            className={`nw-Light nw-mod-${link.kernel.state}`}
            title={KERNEL_WORDS[link.kernel.state]}
            role="img"
            aria-label={KERNEL_WORDS[link.kernel.state]}
          />
          <h2 className="nw-Header-name" title={link.panel.context.path}>
            {link.name}
          </h2>
          <button
            className="nw-IconButton"
            title="Read everything again"
            aria-label="Read everything again"
            onClick={() => void link.refresh()}
          >
            <refreshIcon.react tag="span" />
          </button>
        </header>
        <TaskBar link={link} />
      </div>
      <StatusLine link={link} />
      <KernelNotice link={link} />
      {obstacle ? (
        <Notice
          kind={obstacle.code === NO_WORKSPACE ? 'info' : 'error'}
          problem={obstacle.problem}
          remedy={obstacle.remedy}
        />
      ) : null}
      <SnapshotsSection link={link} />
      {unread ? null : (
        <>
          <RunsSection link={link} />
          <ChecksSection link={link} />
        </>
      )}
      <PackagesSection link={link} />
    </>
  );
}

const KERNEL_WORDS: Record<string, string> = {
  open: 'Notewright is on in this kernel',
  opening: 'Asking the kernel',
  absent: 'Notewright is not loaded in this kernel',
  none: 'No kernel'
};
