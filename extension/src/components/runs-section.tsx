import * as React from 'react';

import { NotebookLink } from '../model/notebook-link';
import { Comparison } from './comparison';
import { ProblemNotice } from './problem-notice';
import { RovingList } from './roving-list';
import { RunItem } from './run-item';
import { Empty, Section } from './section';

/** The runs, newest first; two or more can be compared. */
export function RunsSection({ link }: { link: NotebookLink }): JSX.Element {
  const runs = link.records.data.runs;
  const [chosen, setChosen] = React.useState<readonly string[]>([]);
  const [compared, setCompared] = React.useState<readonly string[]>([]);
  const newestFirst = runs ?? [];

  const choose = (id: string, on: boolean) =>
    setChosen(on ? [...chosen, id] : chosen.filter(other => other !== id));

  /** The chosen runs, oldest first, so that the later one is told against the earlier. */
  const inOrder = () =>
    newestFirst
      .map(run => run.id)
      .filter(id => chosen.includes(id))
      .reverse();

  const compare = (
    <button
      className="nw-Button nw-mod-small"
      disabled={chosen.length < 2}
      title={chosen.length < 2 ? 'Choose two runs first' : 'Compare the chosen runs'}
      onClick={() => setCompared(inOrder())}
    >
      Compare
    </button>
  );

  return (
    <Section id="runs" title="Runs" count={runs?.length} extra={runs?.length ? compare : null}>
      <ProblemNotice problem={link.records.problem('runs')} />
      {runs && runs.length === 0 ? (
        <Empty>
          No run yet. Start a training cell with <code>%%nw run "its name"</code>.
        </Empty>
      ) : null}
      {compared.length > 1 ? (
        <Comparison link={link} ids={compared} onClose={() => setCompared([])} />
      ) : null}
      <RovingList label="Runs, newest first">
        {newestFirst.map(run => (
          <RunItem
            key={run.id}
            run={run}
            chosen={chosen.includes(run.id)}
            onChoose={on => choose(run.id, on)}
          />
        ))}
      </RovingList>
    </Section>
  );
}
