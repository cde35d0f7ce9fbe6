import * as React from 'react';

import { NotebookLink } from '../model/notebook-link';
import { AfreshForm } from './afresh-form';
import { LiveForm } from './live-form';

/** The Export button, and the questions behind it. */
export function ExportForm({ link }: { link: NotebookLink }): JSX.Element {
  const button = React.useRef<HTMLButtonElement>(null);
  const open = link.exportAsked;
  const wasOpen = React.useRef(false);
  const close = () => {
    link.exportAsked = false;
  };

  React.useEffect(() => {
    if (wasOpen.current && !open) {
      button.current?.focus();
    }
    wasOpen.current = open;
  }, [open]);

  if (open && link.occupied === null) {
    return link.kernel.state === 'open' || link.kernel.state === 'opening' ? (
      <LiveForm link={link} onClose={close} />
    ) : (
      <AfreshForm link={link} why={withoutNotewright(link)} onClose={close} />
    );
  }
  return (
    <div className="nw-Actions">
      <button
        ref={button}
        className="nw-Button nw-mod-primary"
        disabled={link.occupied !== null}
        title={link.occupied ?? 'Turn a model into a package'}
        onClick={() => (link.exportAsked = true)}
      >
        Export…
      </button>
    </div>
  );
}

function withoutNotewright(link: NotebookLink): string {
  if (link.kernel.state === 'none') {
    return 'No kernel runs for this notebook.';
  }
  return link.kernel.startedAgain
    ? 'The kernel was restarted, and Notewright is not loaded in it.'
    : 'This notebook ran without Notewright.';
}
