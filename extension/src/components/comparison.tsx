import * as React from 'react';

import { IChange, IComparison } from '../api/types';
import { NotebookLink } from '../model/notebook-link';
import { figure } from './format';
import { IntervalChart } from './interval-chart';
import { ProblemNotice } from './problem-notice';
import { useRecords } from './use-records';

interface IProps {
  link: NotebookLink;
  ids: readonly string[];
  onClose: () => void;
}

/** Which run is better, whether that is more than chance, and what differs. */
export function Comparison({ link, ids, onClose }: IProps): JSX.Element {
  const { data, problem } = useRecords<IComparison>(link, 'compare', { ids: ids.join(',') });
  return (
    <div className="nw-Comparison" role="region" aria-label="Comparison" aria-busy={!data}>
      <ProblemNotice problem={problem} />
      {data ? <Result comparison={data} /> : null}
      {data || problem ? null : (
        <p className="nw-Empty" role="status">
          Comparing…
        </p>
      )}
      <div className="nw-Actions">
        <button className="nw-Button nw-mod-small" onClick={onClose}>
          Close
        </button>
      </div>
    </div>
  );
}

function Result({ comparison }: { comparison: IComparison }): JSX.Element {
  const metrics = [...new Set(comparison.metrics.map(estimate => estimate.metric))];
  return (
    <>
      {comparison.differences.map(difference => (
        <p
          key={`${difference.a} ${difference.b} ${difference.metric}`}
          className={`nw-Verdict ${difference.significant ? 'nw-mod-significant' : ''}`}
        >
          {difference.sentence}
        </p>
      ))}
      {metrics.map(metric => (
        <IntervalChart
          key={metric}
          runs={comparison.runs}
          estimates={comparison.metrics.filter(estimate => estimate.metric === metric)}
        />
      ))}
      <Changes caption="Parameters that differ" changes={comparison.params} of={comparison} />
      <Changes caption="Data that differs" changes={comparison.data} of={comparison} />
      <Changes caption="Environment that differs" changes={comparison.environment} of={comparison} />
      {comparison.code.map(change => (
        <details key={change.run} className="nw-Code">
          <summary>Code of {nameOf(comparison, change.run)}</summary>
          <pre>{change.lines.join('\n')}</pre>
        </details>
      ))}
      {comparison.test_set?.sentence ? (
        <p className="nw-Facts">{comparison.test_set.sentence}</p>
      ) : null}
      {comparison.notes.map(note => (
        <p key={note} className="nw-Facts">
          {note}
        </p>
      ))}
    </>
  );
}

interface IChangesProps {
  caption: string;
  changes: readonly IChange[];
  of: IComparison;
}

function Changes({ caption, changes, of }: IChangesProps): JSX.Element | null {
  return changes.length === 0 ? null : (
    <table className="nw-Table nw-mod-compared">
      <caption>{caption}</caption>
      <thead>
        <tr>
          <th scope="col">
            <span className="nw-Hidden">what</span>
          </th>
          {of.runs.map(run => (
            <th key={run.id} scope="col">
              {run.name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {changes.map(change => (
          <tr key={change.name}>
            <th scope="row">{change.name}</th>
            {of.runs.map(run => (
              <td key={run.id}>{figure(change.values[run.id])}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function nameOf(comparison: IComparison, id: string): string {
  return comparison.runs.find(run => run.id === id)?.name ?? id;
}
