import * as React from 'react';

import { Problem } from '../api/problem';
import { IModelVariable } from '../api/types';
import { NotebookLink } from '../model/notebook-link';
import { shortType } from './format';
import { Notice } from './notice';
import { ProblemNotice } from './problem-notice';

/** What a package may be called: it becomes a Python module. */
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

/** The name that a package has until another is typed: that of the variable. */
function suggested(variable: string): string {
  return variable.replace(/^_+/, '');
}

/** The Export button, and the two questions behind it: which model, which name. */
export function ExportForm({ link }: { link: NotebookLink }): JSX.Element {
  const [open, setOpen] = React.useState(false);
  const hindrance = link.hindrance;
  const button = React.useRef<HTMLButtonElement>(null);
  const wasOpen = React.useRef(false);

  React.useEffect(() => {
    if (wasOpen.current && !open) {
      button.current?.focus();
    }
    wasOpen.current = open;
  }, [open]);

  React.useEffect(() => {
    const show = () => setOpen(true);
    link.exportWanted.connect(show);
    return () => {
      link.exportWanted.disconnect(show);
    };
  }, [link]);

  if (open && link.kernel.state === 'open') {
    return <Questions link={link} onClose={() => setOpen(false)} />;
  }
  return (
    <div className="nw-Actions">
      <button
        ref={button}
        className="nw-Button nw-mod-primary"
        disabled={hindrance !== null}
        title={hindrance ?? 'Turn a model into a package'}
        onClick={() => setOpen(true)}
      >
        Export…
      </button>
    </div>
  );
}

function Questions({ link, onClose }: { link: NotebookLink; onClose: () => void }): JSX.Element {
  const [models, setModels] = React.useState<IModelVariable[] | null>(null);
  const [problem, setProblem] = React.useState<Problem | null>(null);
  const [variable, setVariable] = React.useState('');
  const [typed, setTyped] = React.useState<string | null>(null);
  const name = typed ?? suggested(variable);
  const first = React.useRef<HTMLSelectElement>(null);

  React.useEffect(() => {
    link.kernel.ask<IModelVariable[]>({ verb: 'models' }).done.then(
      found => {
        setModels(found);
        setVariable(found[0]?.variable ?? '');
      },
      reason => setProblem(Problem.of(reason))
    );
  }, [link]);

  React.useEffect(() => first.current?.focus(), [models]);

  const start = (event: React.FormEvent) => {
    event.preventDefault();
    if (variable && NAME.test(name)) {
      link.start(`Exporting ${variable} as ${name}`, { verb: 'export', variable, name });
      onClose();
    }
  };

  const cancel = (
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
        {cancel}
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
        {cancel}
      </Notice>
    );
  }
  return (
    <form
      className="nw-Form"
      aria-label="Export a model"
      onSubmit={start}
      onKeyDown={event => event.key === 'Escape' && onClose()}
    >
      <label className="nw-Label">
        Model
        <select
          ref={first}
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
      <label className="nw-Label">
        Name of the package
        <input
          className="nw-Input"
          value={name}
          placeholder="credit_risk"
          spellCheck={false}
          aria-invalid={name !== '' && !NAME.test(name)}
          aria-describedby="nw-export-name-rule"
          onChange={event => setTyped(event.target.value)}
        />
      </label>
      <p id="nw-export-name-rule" className="nw-Facts">
        Letters, digits and “_”, starting with a letter.
      </p>
      <div className="nw-Actions">
        <button
          className="nw-Button nw-mod-primary"
          type="submit"
          disabled={!variable || !NAME.test(name)}
        >
          Export
        </button>
        {cancel}
      </div>
    </form>
  );
}
