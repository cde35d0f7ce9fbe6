import * as React from 'react';

import { IJudgement } from '../model/judgements';
import { DottedName } from './dotted-name';
import { FindingWords, kindOf } from './finding-item';
import { Words } from './notice';
import { rovingStop } from './roving-list';

const SIGNS: Record<string, string> = { met: '✓', waived: '✓', failed: '✗', missing: '○' };

/** One thing a gate asks for: how it stands, and the findings that make it so. */
export function RequirementItem({ judgement }: { judgement: IJudgement }): JSX.Element {
  const { names, status, sentence, remedy, findings } = judgement;
  return (
    <li className={`nw-Requirement nw-mod-${status}`}>
      <span aria-hidden="true" className="nw-Sign">
        {SIGNS[status] ?? '·'}
      </span>
      <div {...rovingStop} className="nw-Requirement-body">
        <p>
          <span className="nw-Hidden">{status}: </span>
          <b className="nw-Requirement-name">
            <DottedName name={names.join(', ')} />
          </b>
        </p>
        {sentence ? (
          <p>
            <Words text={sentence} />
          </p>
        ) : null}
        {remedy ? (
          <p className="nw-Remedy">
            <Words text={remedy} />
          </p>
        ) : null}
        {findings.map((finding, index) => (
          <div key={index} className={`nw-Finding-body nw-mod-${kindOf(finding)}`}>
            <FindingWords finding={finding} />
          </div>
        ))}
      </div>
    </li>
  );
}
