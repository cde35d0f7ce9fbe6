import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import { Problem, SERVER_MISSING, SERVER_UNREACHABLE } from './problem';

/** Reads what is recorded for one notebook from Notewright's server part. */
export class Client {
  /**
   * @param path - The notebook's path relative to the server's root.
   * @param settings - How to reach the server.
   */
  constructor(
    readonly path: string,
    private readonly settings = ServerConnection.makeSettings()
  ) {}

  /** Return the answer of one endpoint, or throw a `Problem`. */
  get<T>(endpoint: string, query: Record<string, string> = {}): Promise<T> {
    return this._ask<T>(endpoint, query, {});
  }

  /** Have something begun or ended; return what the server says of it. */
  send<T>(method: 'POST' | 'DELETE', endpoint: string, body?: unknown): Promise<T> {
    return this._ask<T>(endpoint, {}, { method, body: body && JSON.stringify(body) } as RequestInit);
  }

  private async _ask<T>(
    endpoint: string,
    query: Record<string, string>,
    request: RequestInit
  ): Promise<T> {
    const words = new URLSearchParams({ path: this.path, ...query });
    const url = URLExt.join(this.settings.baseUrl, 'notewright/api', endpoint);
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(`${url}?${words}`, request, this.settings);
    } catch (reason) {
      throw new Problem(
        'The Jupyter server does not answer.',
        'See whether it still runs; the panel goes on by itself when it is back.',
        SERVER_UNREACHABLE
      );
    }
    const body = await readJson(response);
    if (response.ok && body !== undefined) {
      return body as T;
    }
    throw toProblem(response, body);
  }
}

/** Return what an answer holds; undefined when it is no JSON. */
async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return undefined;
  }
}

function toProblem(response: Response, body: unknown): Problem {
  const words = (body ?? {}) as { problem?: string; remedy?: string; code?: string };
  if (typeof words.problem === 'string') {
    return new Problem(words.problem, words.remedy ?? '', words.code ?? 'error');
  }
  if (response.status === 404) {
    return new Problem(
      "Notewright's server part is missing, so the panel cannot read what was recorded.",
      'In the environment that runs Jupyter: `pip install notewright`, then `jupyter server ' +
        'extension enable notewright_lab`, and start Jupyter again.',
      SERVER_MISSING
    );
  }
  if (response.status === 401 || response.status === 403) {
    return new Problem(
      'The Jupyter server does not let you read this.',
      'Log in again, or ask who runs the server for access.',
      'forbidden'
    );
  }
  return new Problem(
    `The Jupyter server answered with an error (${response.status}).`,
    'Its log says why.'
  );
}
