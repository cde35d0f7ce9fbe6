import * as React from 'react';

import { NotebookLink } from '../model/notebook-link';
import { Task } from '../model/task';
import { Notice } from './notice';
import { TaskOutcome } from './task-outcome';

/** What is done for the panel: progress, Cancel, and the outcome. */
export function TaskBar({ link }: { link: NotebookLink }): JSX.Element | null {
  const task = link.task;
  if (task === null) {
    return null;
  }
  if (!task.over) {
    return <Running task={task} />;
  }
  const dismiss = (
    <button className="nw-Button nw-mod-small" onClick={() => link.dismissTask()}>
      OK
    </button>
  );
  if (task.problem !== null) {
    return (
      <Notice kind="error" problem={task.problem.problem} remedy={task.problem.remedy}>
        {dismiss}
      </Notice>
    );
  }
  return (
    <TaskOutcome link={link} task={task}>
      {dismiss}
    </TaskOutcome>
  );
}

function Running({ task }: { task: Task }): JSX.Element {
  const waiting = task.state === 'waiting';
  const words = waiting ? 'Waiting for the running cell…' : task.message || 'Working…';
  return (
    <div className="nw-Task" role="group" aria-label={task.title}>
      <p className="nw-Task-title">{task.title}</p>
      <progress
        className="nw-Progress"
        aria-label={task.title}
        max={1}
        value={waiting || task.fraction === null ? undefined : task.fraction}
      />
      <div className="nw-Task-foot">
        <span className="nw-Facts">{task.cancelling ? 'Stopping at the next step…' : words}</span>
        {task.verb === 'export' ? (
          <button
            className="nw-Button nw-mod-small"
            disabled={task.cancelling}
            onClick={() => task.cancel()}
          >
            Cancel
          </button>
        ) : null}
      </div>
    </div>
  );
}
