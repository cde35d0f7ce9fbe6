import * as React from 'react';

import { IRun } from '../api/types';
import { ago, figure, moment, shortId, shortType } from './format';
import { rovingStop } from './roving-list';

interface IProps {
  run: IRun;
  chosen: boolean;
  onChoose: (on: boolean) => void;
}

/** How many metrics fit on the line; the rest is one click away. */
const ON_THE_LINE = 3;

/** One run: choose it, or open it for its parameters and metrics. */
export function RunItem({ run, chosen, onChoose }: IProps): JSX.Element {
  const [open, setOpen] = React.useState(false);
  const metrics = Object.entries(run.metrics ?? {});
  const details = `nw-run-${run.id}`;
  return (
    <li className={`nw-Run nw-mod-${run.status}`} data-run={run.id}>
      <input
        type="checkbox"
        className="nw-Run-choose"
        aria-label={`Choose ${run.name}`}
        checked={chosen}
        onChange={event => onChoose(event.target.checked)}
      />
      <button
        {...rovingStop}
        className="nw-Row"
        aria-expanded={open}
        aria-controls={details}
        onClick={() => setOpen(!open)}
      >
        <span className="nw-Row-title">
          {run.name}
          {run.status !== 'finished' ? (
            <span className="nw-Tag nw-mod-bad">{run.status}</span>
          ) : null}
        </span>
        <span className="nw-Row-facts">
          {metrics.slice(0, ON_THE_LINE).map(([name, value]) => (
            <span key={name}>
              {name} <b>{figure(value)}</b>
            </span>
          ))}
          <time dateTime={run.created} title={moment(run.created)}>
            {ago(run.created)}
          </time>
        </span>
      </button>
      {open ? <RunDetails id={details} run={run} /> : null}
    </li>
  );
}

function RunDetails({ id, run }: { id: string; run: IRun }): JSX.Element {
  const params = Object.entries(run.params ?? {});
  const set = new Set(run.changed_params ?? params.map(([name]) => name));
  return (
    <div className="nw-Details" id={id}>
      <p className="nw-Facts">
        <code>{shortId(run.id)}</code>
        {run.model ? ` · ${run.model.variable} (${shortType(run.model.type)})` : ''}
        {` · ${figure(run.seconds)} s`}
      </p>
      {run.error ? <p className="nw-Warn">{run.error}</p> : null}
      <Pairs caption="Metrics" pairs={Object.entries(run.metrics ?? {})} />
      <Pairs
        caption="Parameters that were set"
        pairs={params.filter(([name]) => set.has(name))}
      />
      {(run.notes ?? []).map(note => (
        <p className="nw-Facts" key={note}>
          {note}
        </p>
      ))}
    </div>
  );
}

function Pairs({ caption, pairs }: { caption: string; pairs: [string, unknown][] }): JSX.Element {
  if (pairs.length === 0) {
    return <></>;
  }
  return (
    <table className="nw-Table">
      <caption>{caption}</caption>
      <tbody>
        {pairs.map(([name, value]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{figure(value)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
