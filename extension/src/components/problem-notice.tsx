import * as React from 'react';

import { Problem } from '../api/problem';
import { Notice } from './notice';

/** A problem in words, or nothing when there is none. */
export function ProblemNotice({ problem }: { problem: Problem | null }): JSX.Element | null {
  return problem === null ? null : (
    <Notice kind="error" problem={problem.problem} remedy={problem.remedy} />
  );
}
