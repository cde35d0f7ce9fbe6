import * as React from 'react';

import { IDiff, ISnapshot } from '../api/types';
import { NotebookLink } from '../model/notebook-link';
import { shortId } from './format';
import { ProblemNotice } from './problem-notice';
import { called, plain } from './snapshot-name';
import { useRecords } from './use-records';

interface IProps {
  link: NotebookLink;
  snapshot: ISnapshot;
  all: readonly ISnapshot[];
}

/** What differs between a snapshot and another one, by default the one it follows. */
export function SnapshotDiff({ link, snapshot, all }: IProps): JSX.Element {
  const others = all.filter(other => other.id !== snapshot.id);
  const parent = others.find(other => other.id === snapshot.parent) ?? others[0];
  const [against, setAgainst] = React.useState(parent.id);
  const { data, problem } = useRecords<IDiff>(link, 'diff', { a: against, b: snapshot.id });
  return (
    <div className="nw-Diff" role="region" aria-label={`Differences of ${shortId(snapshot.id)}`}>
      <label className="nw-Label">
        What changed since
        <select
          className="nw-Input"
          value={against}
          onChange={event => setAgainst(event.target.value)}
        >
          {others.map(other => (
            <option key={other.id} value={other.id}>
              {shortId(other.id)} {plain(called(other))}
              {other.id === snapshot.parent ? ' (the one before)' : ''}
            </option>
          ))}
        </select>
      </label>
      <ProblemNotice problem={problem} />
      {data ? <Differences diff={data} /> : null}
    </div>
  );
}

const SIGNS: Record<string, string> = { added: '+', removed: '−', changed: '~' };

function Differences({ diff }: { diff: IDiff }): JSX.Element {
  return (
    <>
      {diff.variables.length === 0 ? (
        <p className="nw-Empty">No variable differs.</p>
      ) : (
        <ul className="nw-Changes" role="list" aria-label="Variables that differ">
          {diff.variables.map(change => (
            <li key={change.name} className={`nw-mod-${change.kind}`}>
              <span className="nw-Sign" aria-hidden="true">
                {SIGNS[change.kind] ?? '·'}
              </span>
              <span>
                <code>{change.name}</code> <span className="nw-Hidden">{change.kind}</span>
                {change.details.map((detail, index) => (
                  <React.Fragment key={index}>
                    <span className="nw-Facts nw-Detail">{detail}</span>
                    <CodeLines lines={change.changes?.[index]?.lines ?? []} />
                  </React.Fragment>
                ))}
              </span>
            </li>
          ))}
        </ul>
      )}
      <Lines title="Code executed between them" lines={diff.code} code />
      <Lines title="Data files" lines={diff.files} />
      <Lines title="Environment" lines={diff.environment} />
    </>
  );
}

/** Lines of a unified diff. */
function CodeLines({ lines }: { lines: readonly string[] }): JSX.Element | null {
  return lines.length === 0 ? null : <pre className="nw-CodeLines">{lines.join('\n')}</pre>;
}

interface ILines {
  title: string;
  lines: readonly string[];
  code?: boolean;
}

function Lines({ title, lines, code }: ILines): JSX.Element | null {
  return lines.length === 0 ? null : (
    <div>
      <h4 className="nw-Subtitle">{title}</h4>
      <ul className="nw-Lines" role="list">
        {lines.map((line, index) => (
          <li key={index}>{code ? <code>{line}</code> : line}</li>
        ))}
      </ul>
    </div>
  );
}
