import * as React from 'react';

import { ISnapshot } from '../api/types';
import { NotebookLink } from '../model/notebook-link';
import { isTree } from './lanes';
import { ProblemNotice } from './problem-notice';
import { RovingList } from './roving-list';
import { Empty, Section } from './section';
import { SnapshotForm } from './snapshot-form';
import { SnapshotItem } from './snapshot-item';

/** How many are shown before asking for more. */
const FIRST = 30;

/** The timeline, newest first. */
export function SnapshotsSection({ link }: { link: NotebookLink }): JSX.Element {
  const [shown, setShown] = React.useState(FIRST);
  const snapshots = link.records.data.snapshots;
  const newestFirst = snapshots ?? [];
  const head = headOf(link, newestFirst);
  const tree = isTree(newestFirst);
  const followed = new Set(newestFirst.map(snapshot => snapshot.parent));
  return (
    <Section id="snapshots" title="Snapshots" count={snapshots?.length}>
      <SnapshotForm link={link} />
      <ProblemNotice problem={link.records.problem('snapshots')} />
      {snapshots && snapshots.length === 0 ? (
        <Empty>
          No snapshot yet. Take one above, or type <code>%nw snapshot -m "…"</code> in a cell.
        </Empty>
      ) : null}
      <RovingList label="Snapshots, newest first" className={tree ? 'nw-Timeline nw-mod-tree' : 'nw-Timeline'}>
        {newestFirst.slice(0, shown).map((snapshot, index) => (
          <SnapshotItem
            key={snapshot.id}
            link={link}
            snapshot={snapshot}
            isHead={snapshot.id === head}
            branches={branches(snapshot, newestFirst[index + 1])}
            lanes={tree ? { followed: followed.has(snapshot.id) } : null}
            all={newestFirst}
          />
        ))}
      </RovingList>
      {newestFirst.length > shown ? (
        <button className="nw-Button" onClick={() => setShown(shown + FIRST)}>
          Show older snapshots
        </button>
      ) : null}
    </Section>
  );
}

/** The snapshot the notebook's variables stem from. */
function headOf(link: NotebookLink, newestFirst: readonly ISnapshot[]): string | null {
  if (link.kernel.state === 'open') {
    return link.kernel.hello?.head ?? null;
  }
  if (link.kernel.state === 'absent') {
    // What stands there is another kernel, or the one that ran before.
    return null;
  }
  return newestFirst.find(snapshot => snapshot.head)?.id ?? null;
}

/** Whether a snapshot does not follow the one listed below it, but an earlier one. */
function branches(snapshot: ISnapshot, below: ISnapshot | undefined): boolean {
  return snapshot.parent !== null && below !== undefined && snapshot.parent !== below.id;
}
