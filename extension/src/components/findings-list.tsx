import * as React from 'react';

import { IFinding } from '../api/types';
import { alike, troubles } from '../model/judgements';
import { FindingItem } from './finding-item';
import { counted } from './format';
import { RovingList } from './roving-list';

interface IProps {
  label: string;
  findings: readonly IFinding[];
}

/** Findings, those of checks that passed only on demand. */
export function FindingsList({ label, findings }: IProps): JSX.Element {
  const [all, setAll] = React.useState(false);
  const open = troubles(findings);
  const passed = findings.filter(finding => finding.status === 'passed');
  return (
    <>
      <RovingList label={label}>
        {alike([...open, ...(all ? passed : [])]).map(({ checks, finding }) => (
          <FindingItem key={`${checks} ${finding.sentence}`} finding={finding} checks={checks} />
        ))}
      </RovingList>
      {passed.length > 0 ? (
        <button className="nw-Link" aria-expanded={all} onClick={() => setAll(!all)}>
          {all
            ? 'Show only what needs a look'
            : `Show ${counted(passed.length, 'finding')} of checks that passed`}
        </button>
      ) : null}
    </>
  );
}
