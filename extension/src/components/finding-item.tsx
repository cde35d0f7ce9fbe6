import * as React from 'react';

import { IFinding } from '../api/types';
import { DottedName } from './dotted-name';
import { Words } from './notice';
import { rovingStop } from './roving-list';

interface IItem {
  finding: IFinding;
  checks: readonly string[];
}

/** One finding in a list of its own: with the checks that say it. */
export function FindingItem({ finding, checks }: IItem): JSX.Element {
  return (
    <li className="nw-Finding">
      <div {...rovingStop} className={`nw-Finding-body nw-mod-${kindOf(finding)}`}>
        <FindingWords finding={finding} checks={checks} />
      </div>
    </li>
  );
}

interface IWords {
  finding: IFinding;
  /** Left out where the check is named already. */
  checks?: readonly string[];
}

/** How severe, what in a sentence, and what to do about it. */
export function FindingWords({ finding, checks }: IWords): JSX.Element {
  const word = finding.status === 'could_not_run' ? 'could not run' : kindOf(finding);
  return (
    <>
      <p className="nw-Finding-head">
        <span className="nw-Tag">{word}</span>
        {checks ? (
          <span className="nw-Facts">
            <DottedName name={checks.join(', ')} />
          </span>
        ) : null}
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
