import * as React from 'react';

import { ISnapshot } from '../api/types';

/** Pixels from one lane to the next, to the first lane, and down to the dot. */
const STEP = 12;
const FIRST = 5;
const DOT = 13;

interface IProps {
  snapshot: ISnapshot;
  /** Whether a snapshot above follows this one. */
  followed: boolean;
}

/** Whether there are branches to draw. */
export function isTree(snapshots: readonly ISnapshot[]): boolean {
  return snapshots.some(snapshot => (snapshot.lane ?? 0) > 0);
}

/** How far the dot of a snapshot, and the text beside its lanes, are moved to the right. */
export function shifts(snapshot: ISnapshot): { dot: number; text: number } {
  const { lane = 0, through = [], joins = [] } = snapshot;
  return { dot: lane * STEP, text: Math.max(lane, ...through, ...joins) * STEP };
}

/** The part of the tree that is drawn beside one snapshot. */
export function Lanes({ snapshot, followed }: IProps): JSX.Element {
  const { lane = 0, through = [], joins = [], goes_on = false } = snapshot;
  const at = (each: number) => FIRST + each * STEP;
  return (
    <span className="nw-Lanes" aria-hidden="true" data-lane={lane}>
      {through.map(each => (
        <span key={each} style={{ left: at(each), top: 0, bottom: 0 }} />
      ))}
      {joins.map(each => (
        <React.Fragment key={each}>
          <span style={{ left: at(each), top: 0, height: DOT }} />
          <span
            style={{ left: at(lane), top: DOT, width: (each - lane) * STEP + 2, height: 2 }}
          />
        </React.Fragment>
      ))}
      {followed ? <span style={{ left: at(lane), top: 0, height: DOT }} /> : null}
      {goes_on ? <span style={{ left: at(lane), top: DOT, bottom: 0 }} /> : null}
    </span>
  );
}
