import * as React from 'react';

interface IProps {
  /** What the form asks, for who cannot see it. */
  label: string;
  /** What its button says. */
  act: string;
  /** Whether everything is answered. */
  ready: boolean;
  /** What the button's tooltip says. */
  title?: string;
  onAct: () => void;
  onClose: () => void;
  children: React.ReactNode;
}

/** Asks something, with a button to go on and one to close; Escape closes too. */
export function QuestionForm(props: IProps): JSX.Element {
  const { label, act, ready, title, onAct, onClose, children } = props;
  const form = React.useRef<HTMLFormElement>(null);
  React.useEffect(
    () => form.current?.querySelector<HTMLElement>('input, select')?.focus(),
    []
  );

  const go = (event: React.FormEvent) => {
    event.preventDefault();
    if (ready) {
      onAct();
      onClose();
    }
  };

  return (
    <form
      ref={form}
      className="nw-Form"
      aria-label={label}
      onSubmit={go}
      onKeyDown={event => event.key === 'Escape' && onClose()}
    >
      {children}
      <div className="nw-Actions">
        <button
          className="nw-Button nw-mod-primary"
          type="submit"
          disabled={!ready}
          title={title}
        >
          {act}
        </button>
        <button className="nw-Button" type="button" onClick={onClose}>
          Close
        </button>
      </div>
    </form>
  );
}
