import * as React from 'react';

/** A long name such as `bias.selection_rate_ratio`, broken after its dots and underscores. */
export function DottedName({ name }: { name: string }): JSX.Element {
  const parts = name.split(/(?<=[._])/);
  return (
    <>
      {parts.map((part, index) => (
        <React.Fragment key={index}>
          {part}
          <wbr />
        </React.Fragment>
      ))}
    </>
  );
}
