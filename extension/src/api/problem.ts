/** A failure in words: what is wrong, and what to do next. */
export class Problem extends Error {
  constructor(
    readonly problem: string,
    readonly remedy = '',
    readonly code = 'error'
  ) {
    super([problem, remedy].filter(Boolean).join(' '));
  }

  /** Return any failure as a `Problem`. */
  static of(reason: unknown): Problem {
    if (reason instanceof Problem) {
      return reason;
    }
    const words = reason instanceof Error ? reason.message : String(reason);
    return new Problem(words, 'Look at the browser console and the server log for more.');
  }
}

/** Code of the failure that means: Jupyter runs without Notewright's server part. */
export const SERVER_MISSING = 'server_missing';

/** Code of the failure that means: the server does not answer at all. */
export const SERVER_UNREACHABLE = 'server_unreachable';

/** Code the server part gives when there is no `.notewright` above the notebook. */
export const NO_WORKSPACE = 'no_workspace';
