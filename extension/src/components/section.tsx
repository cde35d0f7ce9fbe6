import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import * as React from 'react';

import { ErrorBoundary } from './error-boundary';

interface IProps {
  /** Names the section in ids and tests: "snapshots". */
  id: string;
  title: string;
  count?: number | null;
  startsOpen?: boolean;
  /** Shown open, whatever the user chose: something in it is asked. */
  forced?: boolean;
  /** Shown at the right of the heading. */
  extra?: React.ReactNode;
  children: React.ReactNode;
}

/** A part of the panel that opens and closes. */
export function Section(props: IProps): JSX.Element {
  const [chosen, setOpen] = React.useState(props.startsOpen ?? true);
  const open = chosen || props.forced === true;
  const Caret = open ? caretDownIcon : caretRightIcon;
  const body = `nw-section-${props.id}`;
  return (
    <section className="nw-Section" aria-label={props.title} data-section={props.id}>
      <div className="nw-Section-head">
        <h3 className="nw-Section-title">
          <button
            className="nw-Section-toggle"
            aria-expanded={open}
            aria-controls={body}
            onClick={() => setOpen(!open)}
          >
            <Caret.react tag="span" className="nw-Section-caret" />
            {props.title}
            {props.count ? <span className="nw-Count">{props.count}</span> : null}
          </button>
        </h3>
        {open ? props.extra : null}
      </div>
      <div id={body} className="nw-Section-body" hidden={!open}>
        <ErrorBoundary what={props.title}>{props.children}</ErrorBoundary>
      </div>
    </section>
  );
}

/** What a section says while it has nothing to list. */
export function Empty({ children }: { children: React.ReactNode }): JSX.Element {
  return <p className="nw-Empty">{children}</p>;
}
