import * as React from 'react';

import { Problem } from '../api/problem';
import { NotebookLink } from '../model/notebook-link';
import { isPackageName, PackageName, suggestedName } from './package-name';
import { Notice } from './notice';
import { QuestionForm } from './question-form';
import { useRecords } from './use-records';

interface IProps {
  link: NotebookLink;
  /** Why what is in the kernel cannot be exported. */
  why: string;
  onClose: () => void;
}

const NOTHING = {};

/** Offers to run the notebook from top to bottom in a fresh kernel, and to export that. */
export function AfreshForm(props: IProps): JSX.Element {
  const { data: fitted, problem } = useRecords<string[]>(props.link, 'models', NOTHING);
  // Not before: what is suggested later would come between what is being typed.
  if (fitted === null && problem === null) {
    return (
      <p className="nw-Empty" role="status">
        Looking for what the notebook fits…
      </p>
    );
  }
  return <Questions {...props} fitted={fitted ?? []} problem={problem} />;
}

interface IQuestions extends IProps {
  fitted: readonly string[];
  problem: Problem | null;
}

function Questions({ link, why, onClose, fitted, problem }: IQuestions): JSX.Element {
  const [chosen, setChosen] = React.useState<string | null>(null);
  const [typed, setTyped] = React.useState<string | null>(null);
  const variable = chosen ?? fitted[0] ?? '';
  const name = typed ?? suggestedName(variable);
  // The only model there is need not be named, and gives the package its name then.
  const ready = isPackageName(name) || (name === '' && variable === '');

  return (
    <QuestionForm
      label="Run and export"
      act="Run and export"
      ready={ready}
      onAct={() => link.exportAfresh({ variable, name })}
      onClose={onClose}
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
          className="nw-Input"
          list="nw-export-models"
          value={variable}
          placeholder="the only fitted model"
          spellCheck={false}
          onChange={event => setChosen(event.target.value.trim())}
        />
        <datalist id="nw-export-models">
          {fitted.map(known => (
            <option key={known} value={known} />
          ))}
        </datalist>
      </label>
      <PackageName name={name} onChange={setTyped} />
      {problem ? <p className="nw-Facts">{problem.message}</p> : null}
    </QuestionForm>
  );
}
