import * as React from 'react';

import { IEstimate } from '../api/types';
import { figure } from './format';

interface IProps {
  runs: readonly { id: string; name: string }[];
  /** One metric, for each of the runs that have it. */
  estimates: readonly IEstimate[];
}

/** A metric of several runs as points with 95 % intervals on one scale. */
export function IntervalChart({ runs, estimates }: IProps): JSX.Element {
  const scale = scaleOf(estimates);
  return (
    <table className="nw-Table nw-Chart">
      <caption>{estimates[0].title}, with 95 % intervals</caption>
      <tbody>
        {runs.map(run => {
          const estimate = estimates.find(found => found.run === run.id);
          return estimate === undefined ? null : (
            <tr key={run.id}>
              <th scope="row">{run.name}</th>
              <td className="nw-Chart-plot">
                <Whisker estimate={estimate} scale={scale} />
              </td>
              <td className="nw-Chart-value">
                <b>{figure(estimate.value)}</b>{' '}
                {estimate.interval ? (
                  <span>
                    {figure(estimate.interval[0], 3)}–{figure(estimate.interval[1], 3)}
                  </span>
                ) : null}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

type Scale = (value: number) => number;

/** Return the percent of the width at which a value is drawn. */
function scaleOf(estimates: readonly IEstimate[]): Scale {
  const ends = estimates
    .flatMap(estimate => [estimate.value, ...(estimate.interval ?? [])])
    .filter((value): value is number => typeof value === 'number');
  const low = Math.min(...ends);
  const width = Math.max(...ends) - low || 1;
  return value => 5 + (90 * (value - low)) / width;
}

function Whisker({ estimate, scale }: { estimate: IEstimate; scale: Scale }): JSX.Element | null {
  const { value, interval } = estimate;
  if (typeof value !== 'number') {
    return null;
  }
  return (
    <svg className="nw-Whisker" width="100%" height="12" aria-hidden="true">
      {interval ? (
        <line x1={`${scale(interval[0])}%`} x2={`${scale(interval[1])}%`} y1="6" y2="6" />
      ) : null}
      <circle cx={`${scale(value)}%`} cy="6" r="3.5" />
    </svg>
  );
}
