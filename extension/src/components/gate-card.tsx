import * as React from 'react';

import { IVerdict } from '../api/types';
import { IJudgement, isQuiet } from '../model/judgements';
import { counted } from './format';
import { RequirementItem } from './requirement-item';
import { RovingList } from './roving-list';

interface IProps {
  verdict: IVerdict;
  judgements: readonly IJudgement[];
}

/** A gate: open or closed, and requirement by requirement why. */
export function GateCard({ verdict, judgements }: IProps): JSX.Element {
  const [all, setAll] = React.useState(false);
  const quiet = judgements.filter(isQuiet).length;
  const shown = all ? judgements : judgements.filter(one => !isQuiet(one));
  return (
    <div
      className={`nw-Gate nw-mod-${verdict.open ? 'open' : 'closed'}`}
      role="group"
      aria-label={`Gate ${verdict.gate} for ${verdict.version}`}
    >
      <p className="nw-Gate-head">
        <b>Gate {verdict.gate}</b>
        <span className="nw-Tag nw-Gate-state">{verdict.open ? 'open' : 'closed'}</span>
      </p>
      <RovingList label={`Requirements of ${verdict.gate} for ${verdict.version}`}>
        {shown.map(judgement => (
          <RequirementItem key={judgement.names.join()} judgement={judgement} />
        ))}
      </RovingList>
      {quiet > 0 ? (
        <button className="nw-Link" aria-expanded={all} onClick={() => setAll(!all)}>
          {all
            ? 'Show only what needs a look'
            : `Show ${counted(quiet, 'requirement')} met without findings`}
        </button>
      ) : null}
    </div>
  );
}
