import * as React from 'react';

import { ISnapshot } from '../api/types';
import { NotebookLink } from '../model/notebook-link';
import { shortId } from './format';
import { RestoreChoice } from './restore-choice';
import { SnapshotDiff } from './snapshot-diff';
import { SavedVariables, UnsavedVariables } from './snapshot-variables';

interface IProps {
  link: NotebookLink;
  snapshot: ISnapshot;
  title: string;
  all: readonly ISnapshot[];
}

/** What a snapshot holds, and what can be done with it: restore all or some of it, compare it. */
export function SnapshotDetails({ link, snapshot, title, all }: IProps): JSX.Element {
  const [shown, setShown] = React.useState<'choice' | 'diff' | null>(null);
  const chooser = React.useRef<HTMLButtonElement>(null);
  const hindrance = link.hindrance;
  const toggle = (what: 'choice' | 'diff') => setShown(shown === what ? null : what);

  const restore = (only: string[] | null) => {
    const what = only === null ? '' : `${only.join(', ')} from `;
    link.start(`Restoring ${what}${shortId(snapshot.id)}`, {
      verb: 'restore',
      snapshot: snapshot.id,
      only
    });
  };

  const closeChoice = () => {
    setShown(null);
    chooser.current?.focus();
  };

  return (
    <>
      <div className="nw-Actions">
        <button
          className="nw-Button"
          disabled={hindrance !== null}
          aria-label={`Restore ${title}`}
          title={hindrance ?? 'Put all variables back as they were'}
          onClick={() => restore(null)}
        >
          Restore
        </button>
        <button
          ref={chooser}
          className="nw-Button"
          aria-expanded={shown === 'choice'}
          aria-label={`Restore some variables of ${title}`}
          disabled={snapshot.variables.length === 0}
          title="Choose the variables to put back"
          onClick={() => toggle('choice')}
        >
          Restore some…
        </button>
        <button
          className="nw-Button"
          aria-expanded={shown === 'diff'}
          aria-label={`Diff ${title}`}
          disabled={all.length < 2}
          title={all.length < 2 ? 'There is no other snapshot' : 'Compare with another snapshot'}
          onClick={() => toggle('diff')}
        >
          Diff
        </button>
      </div>
      {shown === 'diff' ? <SnapshotDiff link={link} snapshot={snapshot} all={all} /> : null}
      <UnsavedVariables unsaved={snapshot.unsaved} />
      {shown === 'choice' ? (
        <RestoreChoice
          variables={snapshot.variables}
          hindrance={hindrance}
          onRestore={restore}
          onClose={closeChoice}
        />
      ) : (
        <SavedVariables variables={snapshot.variables} />
      )}
    </>
  );
}
