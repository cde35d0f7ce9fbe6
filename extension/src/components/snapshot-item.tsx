import * as React from 'react';

import { ISnapshot } from '../api/types';
import { NotebookLink } from '../model/notebook-link';
import { ago, counted, moment, shortId } from './format';
import { Lanes, shifts } from './lanes';
import { Words } from './notice';
import { rovingStop } from './roving-list';
import { SnapshotDetails } from './snapshot-details';
import { called, KINDS, plain } from './snapshot-name';

interface IProps {
  link: NotebookLink;
  snapshot: ISnapshot;
  isHead: boolean;
  /** Whether it starts a branch: its parent is not the snapshot below. */
  branches: boolean;
  /** How it stands in the tree, where there is one. */
  lanes: { followed: boolean } | null;
  all: readonly ISnapshot[];
}

/** One snapshot: a line, and below it on demand what it holds and what can be done. */
export function SnapshotItem({ link, snapshot, isHead, branches, lanes, all }: IProps): JSX.Element {
  const [open, setOpen] = React.useState(false);
  const id = shortId(snapshot.id);
  const kind = KINDS[snapshot.kind];
  const words = called(snapshot);
  const title = plain(words);
  const shift = lanes ? shifts(snapshot) : { dot: 0, text: 0 };
  const details = `nw-snapshot-${snapshot.id}`;

  return (
    <li
      className={`nw-Snapshot nw-mod-${snapshot.kind}`}
      data-snapshot={snapshot.id}
      aria-current={isHead ? 'step' : undefined}
      style={lanes ? { paddingLeft: 16 + shift.text } : undefined}
    >
      {lanes ? <Lanes snapshot={snapshot} followed={lanes.followed} /> : null}
      <span
        className="nw-Snapshot-dot"
        aria-hidden="true"
        style={{ marginLeft: shift.dot }}
      />
      <button
        {...rovingStop}
        className="nw-Row"
        aria-expanded={open}
        aria-controls={details}
        onClick={() => setOpen(!open)}
      >
        <span className="nw-Row-title">
          <Words text={words} />
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
          {kind && words !== kind ? <span>{kind}</span> : null}
          {(snapshot.notebooks ?? []).map(notebook => (
            <span key={notebook}>{notebook} is here</span>
          ))}
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
