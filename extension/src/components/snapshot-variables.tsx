import * as React from 'react';

import { IUnsaved, IVariable } from '../api/types';
import { shortType } from './format';

/** By name, what a snapshot could not hold. */
export function UnsavedVariables({ unsaved }: { unsaved: readonly IUnsaved[] }): JSX.Element | null {
  return unsaved.length === 0 ? null : (
    <div className="nw-Unsaved" role="note" aria-label="Variables that could not be saved">
      {unsaved.map(variable => (
        <p key={variable.name}>
          <code>{variable.name}</code> is not saved: {variable.reason}
          {variable.cell ? ` (made by ${variable.cell})` : ''}
        </p>
      ))}
    </div>
  );
}

/** The variables that a snapshot holds. */
export function SavedVariables({ variables }: { variables: readonly IVariable[] }): JSX.Element {
  if (variables.length === 0) {
    return <p className="nw-Empty">It holds no variables.</p>;
  }
  return (
    <table className="nw-Table nw-mod-variables">
      <caption className="nw-Hidden">Variables</caption>
      <tbody>
        {variables.map(({ name, type, summary }) => (
          <tr key={name}>
            <th scope="row">
              <code>{name}</code>
            </th>
            <td title={type}>{summary || shortType(type)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
