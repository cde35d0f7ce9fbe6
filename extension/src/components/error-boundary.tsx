import * as React from 'react';

import { Notice } from './notice';

interface IProps {
  /** What is inside, for the message: "The list of runs". */
  what: string;
  children: React.ReactNode;
}

/** Keeps a part that fails to draw from taking the rest of the panel with it. */
export class ErrorBoundary extends React.Component<IProps, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override render(): React.ReactNode {
    const { error } = this.state;
    if (error === null) {
      return this.props.children;
    }
    return (
      <Notice
        kind="error"
        problem={`${this.props.what} cannot be shown: ${error.message}`}
        remedy="Nothing that is recorded is affected."
      >
        <button className="nw-Button" onClick={() => this.setState({ error: null })}>
          Show it again
        </button>
      </Notice>
    );
  }
}
