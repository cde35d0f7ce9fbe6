import * as React from 'react';

import { NotebookLink } from '../model/notebook-link';

/** Takes a snapshot with a message. */
export function SnapshotForm({ link }: { link: NotebookLink }): JSX.Element {
  const [message, setMessage] = React.useState('');
  const hindrance = link.hindrance;

  const take = (event: React.FormEvent) => {
    event.preventDefault();
    if (hindrance === null) {
      link.start('Taking a snapshot', { verb: 'snapshot', message: message.trim() });
      setMessage('');
    }
  };

  return (
    <form className="nw-Form nw-mod-inline" onSubmit={take}>
      <input
        className="nw-Input"
        aria-label="What the snapshot holds"
        placeholder="What is in it?"
        value={message}
        onChange={event => setMessage(event.target.value)}
      />
      <button
        className="nw-Button"
        type="submit"
        disabled={hindrance !== null}
        title={hindrance ?? 'Save all variables'}
      >
        Snapshot
      </button>
    </form>
  );
}
