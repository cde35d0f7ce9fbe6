import * as React from 'react';

interface IProps {
  label: string;
  className?: string;
  children: React.ReactNode;
}

const STEPS: Record<string, (index: number, last: number) => number> = {
  ArrowDown: (index, last) => Math.min(index + 1, last),
  ArrowUp: index => Math.max(index - 1, 0),
  Home: () => 0,
  End: (_, last) => last
};

/** The attribute by which a list finds what the arrow keys move between. */
const STOP = 'data-nw-stop';

/** Give these to the one element of each entry that arrow keys move between. */
export const rovingStop = { [STOP]: '' };

/** A list with one tab stop, whose entries are reached with the arrow keys. */
export function RovingList({ label, className, children }: IProps): JSX.Element {
  const list = React.useRef<HTMLUListElement>(null);

  const stops = () => Array.from(list.current?.querySelectorAll<HTMLElement>(`[${STOP}]`) ?? []);

  const stopAt = (chosen: HTMLElement) => {
    for (const stop of stops()) {
      stop.tabIndex = stop === chosen ? 0 : -1;
    }
  };

  React.useEffect(() => {
    const all = stops();
    const kept = all.filter(stop => stop.tabIndex === 0 && stop.dataset.nwRoved === 'yes');
    const chosen = kept[0] ?? all[0];
    all.forEach(stop => {
      stop.dataset.nwRoved = 'yes';
      stop.tabIndex = stop === chosen ? 0 : -1;
    });
  });

  const onKeyDown = (event: React.KeyboardEvent) => {
    const step = STEPS[event.key];
    const all = stops();
    const index = all.indexOf(event.target as HTMLElement);
    if (step === undefined || index < 0) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    all[step(index, all.length - 1)].focus();
  };

  const onFocus = (event: React.FocusEvent) => {
    const target = event.target as HTMLElement;
    if (target.hasAttribute(STOP)) {
      stopAt(target);
    }
  };

  return (
    <ul
      ref={list}
      className={`nw-List ${className ?? ''}`}
      aria-label={label}
      onKeyDown={onKeyDown}
      onFocus={onFocus}
    >
      {children}
    </ul>
  );
}
