import * as React from 'react';

import { ISnapshot } from '../api/types';
import { NotebookLink } from '../model/notebook-link';
import { ago, counted, moment, shortId } from './format';
import { rovingStop } from './roving-list';
import { SnapshotDetails } from './snapshot-details';

const KINDS: Record<string, string> = {
  auto: 'automatic',
  run: 'run',
  export: 'export',
  restore: 'restore'
};

interface IProps {
  link: NotebookLink;
  snapshot: ISnapshot;
  isHead: boolean;
  /** Whether it starts a branch: its parent is not the snapshot below. */
  branches: boolean;
  all: readonly ISnapshot[];
}

/** One snapshot: a line, and below it on demand what it holds and what can be done. */
export function SnapshotItem({ link, snapshot, isHead, branches, all }: IProps): JSX.Element {
  const [open, setOpen] = React.useState(false);
  const id = shortId(snapshot.id);
  const title = snapshot.message || (KINDS[snapshot.kind] ?? 'snapshot');
  const details = `nw-snapshot-${snapshot.id}`;

  return (
    <li
      className={`nw-Snapshot nw-mod-${snapshot.kind}`}
      data-snapshot={snapshot.id}
      aria-current={isHead ? 'step' : undefined}
    >
      <span className="nw-Snapshot-dot" aria-hidden="true" />
      <button
        {...rovingStop}
        className="nw-Row"
        aria-expanded={open}
        aria-controls={details}
        onClick={() => setOpen(!open)}
      >
        <span className="nw-Row-title">
          {title}
          {isHead ? <span className="nw-Tag nw-mod-here">you are here</span> : null}
          {(snapshot.tags ?? []).map(tag => (
            <span className="nw-Tag" key={tag}>
              {tag}
            </span>
          ))}
        </span>
        <span className="nw-Row-facts">
          <code>{id}</code>
          <time dateTime={snapshot.created} title={moment(snapshot.created)}>
            {ago(snapshot.created)}
          </time>
          <span>{counted(snapshot.variables.length, 'variable')}</span>
          {KINDS[snapshot.kind] && snapshot.message ? <span>{KINDS[snapshot.kind]}</span> : null}
          {branches ? <span>from {shortId(snapshot.parent ?? '')}</span> : null}
          {snapshot.unsaved.length > 0 ? (
            <span className="nw-Warn">{snapshot.unsaved.length} not saved</span>
          ) : null}
        </span>
      </button>
      {open ? (
        <div className="nw-Details" id={details}>
          <SnapshotDetails link={link} snapshot={snapshot} title={title} all={all} />
        </div>
      ) : null}
    </li>
  );
}
