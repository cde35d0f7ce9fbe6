import * as React from 'react';

import { IVariable } from '../api/types';
import { counted, shortType } from './format';
import { QuestionForm } from './question-form';
import { RovingList, rovingStop } from './roving-list';

interface IProps {
  variables: readonly IVariable[];
  /** Why nothing can be restored now, or null. */
  hindrance: string | null;
  onRestore: (only: string[]) => void;
  onClose: () => void;
}

/** Chooses the variables that go back; the others stay as they are. */
export function RestoreChoice(props: IProps): JSX.Element {
  const { variables, hindrance, onRestore, onClose } = props;
  const [chosen, setChosen] = React.useState<ReadonlySet<string>>(new Set());

  const choose = (name: string, on: boolean) => {
    const next = new Set(chosen);
    if (on) {
      next.add(name);
    } else {
      next.delete(name);
    }
    setChosen(next);
  };

  return (
    <QuestionForm
      label="Choose what to restore"
      act={chosen.size === 0 ? 'Restore chosen' : `Restore ${counted(chosen.size, 'variable')}`}
      ready={chosen.size > 0 && hindrance === null}
      title={hindrance ?? 'The other variables stay as they are'}
      onAct={() => onRestore([...chosen])}
      onClose={onClose}
    >
      <RovingList label="Variables of the snapshot" className="nw-Choice">
        {variables.map(({ name, type, summary }) => (
          <li key={name}>
            <label>
              <input
                {...rovingStop}
                type="checkbox"
                checked={chosen.has(name)}
                aria-label={name}
                onChange={event => choose(name, event.target.checked)}
              />
              <span>
                <code>{name}</code>{' '}
                <span className="nw-Facts">{summary || shortType(type)}</span>
              </span>
            </label>
          </li>
        ))}
      </RovingList>
    </QuestionForm>
  );
}
