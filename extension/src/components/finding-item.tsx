import * as React from 'react';

import { IFinding } from '../api/types';
import { Words } from './notice';
import { rovingStop } from './roving-list';

/** One finding: how severe, what in a sentence, and what to do about it. */
export function FindingItem({ finding }: { finding: IFinding }): JSX.Element {
  const passed = finding.status === 'passed';
  const word = passed
    ? 'passed'
    : finding.status === 'could_not_run'
      ? 'could not run'
      : finding.severity;
  return (
    <li className={`nw-Finding nw-mod-${passed ? 'passed' : finding.severity}`}>
      <div {...rovingStop} className="nw-Finding-body">
        <p className="nw-Finding-head">
          <span className="nw-Tag">{word}</span>
          <span className="nw-Facts">
            {finding.check}
          </span>
        </p>
        <p>
          <Words text={finding.sentence} />
        </p>
        {finding.remedy && !passed ? (
          <p className="nw-Remedy">
            <Words text={finding.remedy} />
          </p>
        ) : null}
      </div>
    </li>
  );
}
