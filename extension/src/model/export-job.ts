import { Client } from '../api/client';
import { Problem, SERVER_UNREACHABLE } from '../api/problem';
import { IExportJob, IPackage } from '../api/types';
import { IRequest, OnProgress } from '../kernel/channel';
import { IWork } from './task';

/** Milliseconds between two looks how far it has come. */
const LOOK = 700;

/** What is asked of an export that runs the notebook first; empty means: the only one, its name. */
export interface IAfresh {
  variable: string;
  name: string;
}

/**
 * An export by the server, which runs the notebook from top to bottom in a fresh kernel.
 *
 * @param client - Of the notebook.
 * @param begin - Begins it, or returns the one that is under way.
 * @param isWanted - Whether anybody still looks; the export goes on without.
 */
export function afreshExport(
  client: Client,
  begin: () => Promise<IExportJob>,
  isWanted: () => boolean
): IWork<IPackage> {
  let job: IExportJob | null = null;
  let cancelled = false;
  const away = () => {
    if (job !== null) {
      client.send<IExportJob>('DELETE', `exports/${job.id}`).catch(() => undefined);
    }
  };

  const follow = async (onProgress: OnProgress): Promise<IPackage> => {
    job = await begin();
    if (cancelled) {
      away();
    }
    while (job.state === 'running' && isWanted()) {
      onProgress(job.fraction, job.message);
      await new Promise(resolve => window.setTimeout(resolve, LOOK));
      job = await look(client, job);
    }
    if (job.package === null) {
      const { problem, remedy, code } = job.problem ?? UNKNOWN;
      throw new Problem(problem, remedy, code);
    }
    return job.package;
  };

  return {
    verb: 'export',
    begin: onProgress => {
      const request: IRequest<IPackage> = {
        id: '',
        done: follow(onProgress),
        cancel: () => {
          cancelled = true;
          away();
        }
      };
      return request;
    },
    putAway: away
  };
}

/** Return how an export stands now; while the server does not answer, as it stood. */
async function look(client: Client, last: IExportJob): Promise<IExportJob> {
  try {
    const found = await client.get<IExportJob | null>('exports');
    return found?.id === last.id ? found : { ...last, state: 'failed', problem: null };
  } catch (reason) {
    if (Problem.of(reason).code === SERVER_UNREACHABLE) {
      return last;
    }
    throw reason;
  }
}

const UNKNOWN = {
  problem: 'The Jupyter server does not know this export any more.',
  remedy: 'It was started again, or somebody put the outcome away; see the list of packages.',
  code: 'unknown_id'
};
