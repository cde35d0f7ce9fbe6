import * as React from 'react';

import { IPackage, ISnapshot } from '../api/types';
import { Task } from '../model/task';
import { counted, shortId } from './format';
import { Notice } from './notice';

interface IProps {
  task: Task;
  children: React.ReactNode;
}

/** What came of it, in words: for an export also where the package is. */
export function TaskOutcome({ task, children }: IProps): JSX.Element {
  if (task.verb === 'export') {
    const made = task.outcome as IPackage;
    return (
      <Notice
        kind="success"
        problem={`${made.name}@${made.number} is exported. Its predictions against the notebook's: ${made.result}.`}
        remedy={`It is in \`${made.tree}\`, with the wheel \`${made.wheel}\`.`}
      >
        {children}
      </Notice>
    );
  }
  if (task.verb === 'snapshot') {
    const { id, variables, unsaved } = task.outcome as ISnapshot;
    const missing = unsaved.length ? `, ${unsaved.length} could not be saved` : '';
    return (
      <Notice
        kind={unsaved.length ? 'warning' : 'success'}
        problem={`Snapshot ${shortId(id)}: ${counted(variables.length, 'variable')}${missing}.`}
      >
        {children}
      </Notice>
    );
  }
  const { message } = (task.outcome ?? {}) as { message?: string };
  return (
    <Notice kind="success" problem={message ?? `${task.title}: done.`}>
      {children}
    </Notice>
  );
}
