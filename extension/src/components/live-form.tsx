import * as React from 'react';

import { Problem } from '../api/problem';
import { IModelVariable } from '../api/types';
import { NotebookLink } from '../model/notebook-link';
import { AfreshForm } from './afresh-form';
import { shortType } from './format';
import { isPackageName, PackageName, suggestedName } from './package-name';
import { Notice } from './notice';
import { ProblemNotice } from './problem-notice';
import { QuestionForm } from './question-form';

interface IProps {
  link: NotebookLink;
  onClose: () => void;
}

/** Which of the kernel's fitted models to export, and under which name. */
export function LiveForm({ link, onClose }: IProps): JSX.Element {
  const [models, setModels] = React.useState<IModelVariable[] | null>(null);
  const [problem, setProblem] = React.useState<Problem | null>(null);
  const asked = link.kernel.state === 'open';

  React.useEffect(() => {
    if (asked) {
      link.kernel.ask<IModelVariable[]>({ verb: 'models' }).done.then(setModels, reason =>
        setProblem(Problem.of(reason))
      );
    }
  }, [link, asked]);

  const close = (
    <button className="nw-Button" type="button" onClick={onClose}>
      Close
    </button>
  );
  if (problem !== null || models === null) {
    return (
      <div className="nw-Form">
        <ProblemNotice problem={problem} />
        {problem === null ? (
          <p className="nw-Empty" role="status">
            {link.kernel.busy ? 'Waiting for the running cell…' : 'Looking for fitted models…'}
          </p>
        ) : null}
        {close}
      </div>
    );
  }
  if (models.length === 0) {
    return (
      <Notice
        kind="info"
        problem="This notebook holds no fitted model."
        remedy="Run the cell that fits one, then export it."
      >
        {close}
      </Notice>
    );
  }
  if (models.every(model => !model.recorded)) {
    return (
      <AfreshForm
        link={link}
        why="The models of this notebook were made before Notewright was loaded."
        onClose={onClose}
      />
    );
  }
  return (
    <Questions link={link} models={models.filter(model => model.recorded)} onClose={onClose} />
  );
}

function Questions({
  link,
  models,
  onClose
}: IProps & { models: readonly IModelVariable[] }): JSX.Element {
  const [variable, setVariable] = React.useState(models[0].variable);
  const [typed, setTyped] = React.useState<string | null>(null);
  const name = typed ?? suggestedName(variable);

  return (
    <QuestionForm
      label="Export a model"
      act="Export"
      ready={isPackageName(name)}
      onAct={() =>
        link.start(`Exporting ${variable} as ${name}`, { verb: 'export', variable, name })
      }
      onClose={onClose}
    >
      <label className="nw-Label">
        Model
        <select
          className="nw-Input"
          value={variable}
          onChange={event => setVariable(event.target.value)}
        >
          {models.map(model => (
            <option key={model.variable} value={model.variable}>
              {model.variable} ({shortType(model.type)})
            </option>
          ))}
        </select>
      </label>
      <PackageName name={name} onChange={setTyped} />
    </QuestionForm>
  );
}
