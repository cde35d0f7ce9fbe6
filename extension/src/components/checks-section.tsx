import * as React from 'react';

import { IReport } from '../api/types';
import { NotebookLink } from '../model/notebook-link';
import { FindingItem } from './finding-item';
import { ago, moment } from './format';
import { GateCard } from './gate-card';
import { ProblemNotice } from './problem-notice';
import { RovingList } from './roving-list';
import { Empty, Section } from './section';

/** Gates with what they require, and what the latest checks found. */
export function ChecksSection({ link }: { link: NotebookLink }): JSX.Element {
  const checks = link.records.data.checks;
  const reports = checks?.reports ?? [];
  const gates = checks?.gates ?? [];
  const failed = reports.reduce((sum, report) => sum + failures(report).length, 0);
  return (
    <Section id="checks" title="Checks & gates" count={failed}>
      <ProblemNotice problem={link.records.problem('checks')} />
      {checks && reports.length + gates.length === 0 ? (
        <Empty>
          Nothing checked yet. Type <code>%nw check MODEL</code> in a cell.
        </Empty>
      ) : null}
      {gates.map(verdict => (
        <GateCard key={`${verdict.gate} ${verdict.version}`} verdict={verdict} />
      ))}
      {reports.map(report => (
        <Report key={report.id} report={report} />
      ))}
    </Section>
  );
}

function Report({ report }: { report: IReport }): JSX.Element {
  const [all, setAll] = React.useState(false);
  const failed = failures(report);
  const shown = all ? report.findings : failed;
  const hidden = report.findings.length - failed.length;
  return (
    <div className="nw-Report">
      <p className="nw-Facts">
        <b>{report.subject}</b> checked{' '}
        <time dateTime={report.created} title={moment(report.created)}>
          {ago(report.created)}
        </time>
        {failed.length === 0 ? ': nothing found.' : ''}
      </p>
      <RovingList label={`Findings for ${report.subject}`}>
        {shown.map((finding, index) => (
          <FindingItem key={`${finding.check}-${index}`} finding={finding} />
        ))}
      </RovingList>
      {hidden > 0 ? (
        <button className="nw-Link" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? 'Show only what needs attention' : `Show the ${hidden} that passed`}
        </button>
      ) : null}
    </div>
  );
}

const ORDER: Record<string, number> = { error: 0, warning: 1, info: 2 };

function failures(report: IReport): IReport['findings'] {
  return report.findings
    .filter(finding => finding.status !== 'passed')
    .sort((a, b) => (ORDER[a.severity] ?? 3) - (ORDER[b.severity] ?? 3));
}
