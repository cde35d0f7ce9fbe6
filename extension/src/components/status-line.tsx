import * as React from 'react';

import { NotebookLink } from '../model/notebook-link';

/** Says aloud, to screen readers, what changed; nothing is seen of it. */
export function StatusLine({ link }: { link: NotebookLink }): JSX.Element {
  return (
    <div className="nw-Hidden" role="status" aria-live="polite">
      {words(link)}
    </div>
  );
}

function words(link: NotebookLink): string {
  const task = link.task;
  if (task !== null && !task.over) {
    return task.state === 'waiting'
      ? `${task.title}: waiting for the running cell`
      : `${task.title}: ${task.message}`;
  }
  const count = link.records.data.snapshots?.length;
  return count === undefined ? '' : `${count} snapshots`;
}
