import * as React from 'react';

import { IFinding } from '../api/types';
import { Words } from './notice';
import { rovingStop } from './roving-list';

/** One finding in a list of its own: with the check that made it. */
export function FindingItem({ finding }: { finding: IFinding }): JSX.Element {
  return (
    <li className="nw-Finding">
      <div {...rovingStop} className={`nw-Finding-body nw-mod-${kindOf(finding)}`}>
        <FindingWords finding={finding} check={finding.check} />
      </div>
    </li>
  );
}

interface IProps {
  finding: IFinding;
  /** Left out where the check is named already. */
  check?: string;
}

/** How severe, what in a sentence, and what to do about it. */
export function FindingWords({ finding, check }: IProps): JSX.Element {
  const word = finding.status === 'could_not_run' ? 'could not run' : kindOf(finding);
  return (
    <>
      <p className="nw-Finding-head">
        <span className="nw-Tag">{word}</span>
        {check ? <span className="nw-Facts">{check}</span> : null}
      </p>
      <p>
        <Words text={finding.sentence} />
      </p>
      {finding.remedy && finding.status !== 'passed' ? (
        <p className="nw-Remedy">
          <Words text={finding.remedy} />
        </p>
      ) : null}
    </>
  );
}

/** "passed", or how severe it is. */
export function kindOf(finding: IFinding): string {
  return finding.status === 'passed' ? 'passed' : finding.severity;
}
