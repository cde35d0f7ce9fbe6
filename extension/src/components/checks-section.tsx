import * as React from 'react';

import { IJudged, judge, troubles } from '../model/judgements';
import { NotebookLink } from '../model/notebook-link';
import { FindingsList } from './findings-list';
import { ago, counted, moment } from './format';
import { GateCard } from './gate-card';
import { ProblemNotice } from './problem-notice';
import { Empty, Section } from './section';

/** How each model stands at the gates, and what its latest checks found. */
export function ChecksSection({ link }: { link: NotebookLink }): JSX.Element {
  const checks = link.records.data.checks;
  const judged = judge(checks?.reports ?? [], checks?.gates ?? []);
  const found = judged.flatMap(one => troubles(one.report?.findings ?? []));
  return (
    <Section id="checks" title="Checks & gates" count={found.length}>
      <ProblemNotice problem={link.records.problem('checks')} />
      {checks && judged.length === 0 ? (
        <Empty>
          Nothing checked yet. Register a run's model with <code>%nw register RUN --as NAME</code>,
          then type <code>%nw check NAME</code> in a cell.
        </Empty>
      ) : null}
      {judged.map(one => (
        <Judged key={one.subject} judged={one} />
      ))}
    </Section>
  );
}

function Judged({ judged }: { judged: IJudged }): JSX.Element {
  const { subject, report, gates, rest } = judged;
  return (
    <div className="nw-Report">
      <div>
        <h4>{subject}</h4>
        {report ? (
          <p className="nw-Facts">
            checked{' '}
            <time dateTime={report.created} title={moment(report.created)}>
              {ago(report.created)}
            </time>
            : {counted(troubles(report.findings).length, 'finding')}
          </p>
        ) : (
          <p className="nw-Facts">
            Not checked yet: type <code>%nw check {subject}</code> in a cell.
          </p>
        )}
      </div>
      {gates.map(({ verdict, judgements }) => (
        <GateCard key={verdict.gate} verdict={verdict} judgements={judgements} />
      ))}
      {rest.length > 0 ? (
        <>
          {gates.length > 0 ? <h4 className="nw-Subtitle">Counted by no gate</h4> : null}
          <FindingsList label={`Findings for ${subject}`} findings={rest} />
        </>
      ) : null}
    </div>
  );
}
