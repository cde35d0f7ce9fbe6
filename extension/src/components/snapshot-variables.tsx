import * as React from 'react';

import { ISnapshot } from '../api/types';
import { shortType } from './format';

/** The variables a snapshot holds, and by name those it could not hold. */
export function SnapshotVariables({ snapshot }: { snapshot: ISnapshot }): JSX.Element {
  return (
    <>
      {snapshot.unsaved.length > 0 ? (
        <div className="nw-Unsaved" role="note" aria-label="Variables that could not be saved">
          {snapshot.unsaved.map(variable => (
            <p key={variable.name}>
              <code>{variable.name}</code> is not saved: {variable.reason}
              {variable.cell ? ` (made by ${variable.cell})` : ''}
            </p>
          ))}
        </div>
      ) : null}
      {snapshot.variables.length > 0 ? (
        <table className="nw-Table nw-mod-variables">
          <caption className="nw-Hidden">Variables</caption>
          <tbody>
            {snapshot.variables.map(variable => (
              <tr key={variable.name}>
                <th scope="row">
                  <code>{variable.name}</code>
                </th>
                <td title={variable.type}>{variable.summary || shortType(variable.type)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        <p className="nw-Empty">It holds no variables.</p>
      )}
    </>
  );
}
