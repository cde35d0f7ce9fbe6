import * as React from 'react';

import { IVerdict } from '../api/types';
import { Words } from './notice';

const SIGNS: Record<string, string> = { met: '✓', waived: '✓', failed: '✗', missing: '○' };

/** What still has to be done. */
const OPEN: ReadonlySet<string> = new Set(['failed', 'missing']);

/** A gate: open or closed, and requirement by requirement why. */
export function GateCard({ verdict }: { verdict: IVerdict }): JSX.Element {
  return (
    <div
      className={`nw-Gate nw-mod-${verdict.open ? 'open' : 'closed'}`}
      role="group"
      aria-label={`Gate ${verdict.gate}`}
    >
      <p className="nw-Gate-head">
        <b>{verdict.gate}</b>
        <span className="nw-Facts">for {verdict.version}</span>
        <span className="nw-Tag nw-Gate-state">{verdict.open ? 'open' : 'closed'}</span>
      </p>
      <ul className="nw-Requirements" role="list">
        {verdict.requirements.map(requirement => (
          <li key={requirement.name} className={`nw-mod-${requirement.status}`}>
            <span aria-hidden="true" className="nw-Sign">
              {SIGNS[requirement.status] ?? '·'}
            </span>
            <span>
              <span className="nw-Hidden">{requirement.status}: </span>
              <Words text={requirement.sentence} />
              {requirement.remedy && OPEN.has(requirement.status) ? (
                <span className="nw-Remedy nw-mod-below">
                  <Words text={requirement.remedy} />
                </span>
              ) : null}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
