import * as React from 'react';

interface IProps {
  kind: 'info' | 'warning' | 'error' | 'success';
  problem: string;
  remedy?: string;
  /** Shown below the words. */
  details?: React.ReactNode;
  /** Buttons at the end. */
  children?: React.ReactNode;
}

/** One sentence of what is wrong, one of what to do, and the buttons for it. */
export function Notice({ kind, problem, remedy, details, children }: IProps): JSX.Element {
  return (
    <div className={`nw-Notice nw-mod-${kind}`} role={kind === 'error' ? 'alert' : 'note'}>
      <p className="nw-Notice-problem">{problem}</p>
      {remedy ? (
        <p className="nw-Notice-remedy">
          <Words text={remedy} />
        </p>
      ) : null}
      {details}
      {children ? <div className="nw-Actions">{children}</div> : null}
    </div>
  );
}

/** Text in which whatever stands between backquotes is shown as code. */
export function Words({ text }: { text: string }): JSX.Element {
  const parts = text.split('`');
  return (
    <>
      {parts.map((part, index) => (index % 2 ? <Code key={index} text={part} /> : part))}
    </>
  );
}

/** Code whose options are never broken after their hyphens. */
function Code({ text }: { text: string }): JSX.Element {
  const parts = text.split(/(?<=^|\s)(--?[A-Za-z][\w-]*)/);
  return (
    <code>
      {parts.map((part, index) =>
        index % 2 ? (
          <span key={index} className="nw-Option">
            {part}
          </span>
        ) : (
          part
        )
      )}
    </code>
  );
}
