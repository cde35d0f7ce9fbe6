import * as React from 'react';

import { IPackage, ISnapshot } from '../api/types';
import { NotebookLink } from '../model/notebook-link';
import { Task } from '../model/task';
import { ExportOutcome } from './export-outcome';
import { counted, shortId } from './format';
import { Notice } from './notice';

interface IProps {
  link: NotebookLink;
  task: Task;
  children: React.ReactNode;
}

/** What came of it, in words. */
export function TaskOutcome({ link, task, children }: IProps): JSX.Element {
  if (task.verb === 'export') {
    return (
      <ExportOutcome link={link} made={task.outcome as IPackage}>
        {children}
      </ExportOutcome>
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
