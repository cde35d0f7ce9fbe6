import * as React from 'react';

import { Problem } from '../api/problem';
import { NotebookLink } from '../model/notebook-link';
import { Notice } from './notice';
import { ProblemNotice } from './problem-notice';

/** Says when the kernel part is missing and offers to load it. */
export function KernelNotice({ link }: { link: NotebookLink }): JSX.Element | null {
  const [problem, setProblem] = React.useState<Problem | null>(null);
  const [loading, setLoading] = React.useState(false);

  const load = async () => {
    setLoading(true);
    setProblem(null);
    try {
      await link.kernel.load();
    } catch (reason) {
      setProblem(Problem.of(reason));
    } finally {
      setLoading(false);
    }
  };

  switch (link.kernel.state) {
    case 'open':
      return null;
    case 'opening':
      return link.kernel.busy ? (
        <Notice kind="info" problem="A cell is running; the panel asks the kernel when it ends." />
      ) : null;
    case 'none':
      return (
        <Notice
          kind="info"
          problem="No kernel runs for this notebook."
          remedy="What was recorded is below; to snapshot, restore or export, start a kernel."
        />
      );
    case 'absent':
      return (
        <>
          <Notice
            kind="warning"
            {...(link.kernel.startedAgain ? AFTER_RESTART : NOT_LOADED)}
          >
            <button
              className="nw-Button nw-mod-primary"
              disabled={loading}
              onClick={() => void load()}
            >
              {loading ? 'Loading…' : 'Load it now'}
            </button>
          </Notice>
          <ProblemNotice problem={problem} />
        </>
      );
  }
}

const NOT_LOADED = {
  problem: "Notewright is not loaded in this notebook's kernel.",
  remedy: 'Put `%load_ext notewright` in the first cell, so that history is kept from the start.'
};

const AFTER_RESTART = {
  problem: 'The kernel was restarted: its variables are gone, and Notewright is not loaded in it.',
  remedy: 'Load it, then restore a snapshot to have the variables back, or run the cells again.'
};
