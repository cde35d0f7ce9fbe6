import * as React from 'react';

import { IVariable } from '../api/types';
import { counted, shortType } from './format';
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
  const form = React.useRef<HTMLFormElement>(null);

  React.useEffect(() => form.current?.querySelector('input')?.focus(), []);

  const choose = (name: string, on: boolean) => {
    const next = new Set(chosen);
    if (on) {
      next.add(name);
    } else {
      next.delete(name);
    }
    setChosen(next);
  };

  const restore = (event: React.FormEvent) => {
    event.preventDefault();
    if (chosen.size > 0 && hindrance === null) {
      onRestore([...chosen]);
      onClose();
    }
  };

  return (
    <form
      ref={form}
      className="nw-Form"
      aria-label="Choose what to restore"
      onSubmit={restore}
      onKeyDown={event => event.key === 'Escape' && onClose()}
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
      <div className="nw-Actions">
        <button
          className="nw-Button nw-mod-primary"
          type="submit"
          disabled={chosen.size === 0 || hindrance !== null}
          title={hindrance ?? 'The other variables stay as they are'}
        >
          {chosen.size === 0 ? 'Restore chosen' : `Restore ${counted(chosen.size, 'variable')}`}
        </button>
        <button className="nw-Button" type="button" onClick={onClose}>
          Close
        </button>
      </div>
    </form>
  );
}
