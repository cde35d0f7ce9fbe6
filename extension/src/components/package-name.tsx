import * as React from 'react';

/** What a package may be called: it becomes a Python module. */
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;

/** Whether a package may have this name. */
export function isPackageName(name: string): boolean {
  return NAME.test(name);
}

/** The name that a package has until another is typed: that of the variable. */
export function suggestedName(variable: string): string {
  return variable.replace(/^_+/, '');
}

interface IProps {
  name: string;
  onChange: (name: string) => void;
}

/** Asks what the package is to be called. */
export function PackageName({ name, onChange }: IProps): JSX.Element {
  return (
    <>
      <label className="nw-Label">
        Name of the package
        <input
          className="nw-Input"
          value={name}
          placeholder="credit_risk"
          spellCheck={false}
          aria-invalid={name !== '' && !isPackageName(name)}
          aria-describedby="nw-export-name-rule"
          onChange={event => onChange(event.target.value)}
        />
      </label>
      <p id="nw-export-name-rule" className="nw-Facts">
        Letters, digits and “_”, starting with a letter.
      </p>
    </>
  );
}
