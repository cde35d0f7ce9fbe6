import * as React from 'react';

import { NotebookLink } from '../model/notebook-link';
import { isPackageName, PackageName, suggestedName } from './package-name';
import { Notice } from './notice';
import { useRecords } from './use-records';

interface IProps {
  link: NotebookLink;
  /** Why what is in the kernel cannot be exported. */
  why: string;
  onClose: () => void;
}

const NOTHING = {};

/** Offers to run the notebook from top to bottom in a fresh kernel, and to export that. */
export function AfreshForm({ link, why, onClose }: IProps): JSX.Element {
  const { data: fitted, problem } = useRecords<string[]>(link, 'models', NOTHING);
  const [chosen, setChosen] = React.useState<string | null>(null);
  const [typed, setTyped] = React.useState<string | null>(null);
  const variable = chosen ?? fitted?.[0] ?? '';
  const name = typed ?? suggestedName(variable);
  const first = React.useRef<HTMLInputElement>(null);
  React.useEffect(() => first.current?.focus(), []);
  // The only model there is need not be named, and gives the package its name then.
  const ready = isPackageName(name) || (name === '' && variable === '');

  const start = (event: React.FormEvent) => {
    event.preventDefault();
    if (ready) {
      link.exportAfresh({ variable, name });
      onClose();
    }
  };

  return (
    <form
      className="nw-Form"
      aria-label="Run and export"
      onSubmit={start}
      onKeyDown={event => event.key === 'Escape' && onClose()}
    >
      <Notice
        kind="info"
        problem={`${why} Run it from top to bottom in a fresh kernel and export?`}
        remedy={
          'This kernel and its variables stay as they are, and the package is of that run. ' +
          (link.panel.context.model.dirty ? 'The notebook is saved first.' : '')
        }
      />
      <label className="nw-Label">
        Model
        <input
          ref={first}
          className="nw-Input"
          list="nw-export-models"
          value={variable}
          placeholder="the only fitted model"
          spellCheck={false}
          onChange={event => setChosen(event.target.value.trim())}
        />
        <datalist id="nw-export-models">
          {(fitted ?? []).map(known => (
            <option key={known} value={known} />
          ))}
        </datalist>
      </label>
      <PackageName name={name} onChange={setTyped} />
      {problem ? <p className="nw-Facts">{problem.message}</p> : null}
      <div className="nw-Actions">
        <button className="nw-Button nw-mod-primary" type="submit" disabled={!ready}>
          Run and export
        </button>
        <button className="nw-Button" type="button" onClick={onClose}>
          Close
        </button>
      </div>
    </form>
  );
}
