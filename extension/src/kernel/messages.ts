/** What travels over the comm between the panel and the kernel. */

/** What the panel asks for. */
export type Ask =
  | { verb: 'hello' }
  | { verb: 'restore'; snapshot: string; only: string[] | null }
  | { verb: 'snapshot'; message: string }
  | { verb: 'export'; variable: string; name: string }
  | { verb: 'models' };

/** What was committed, so that the panel reads it again. */
export type Changed = 'snapshots' | 'runs' | 'checks' | 'packages' | 'deployments';

/** What the kernel says about itself when the comm opens. */
export interface IHello {
  event: 'hello';
  version: string;
  session: string;
  workspace: string;
  head: string | null;
}

export type KernelEvent =
  | IHello
  | { event: 'changed'; what: Changed; head?: string | null }
  | { event: 'progress'; id: string; fraction: number; message: string }
  | { event: 'done'; id: string; data: unknown; html?: string }
  | { event: 'error'; id?: string | null; problem: string; remedy: string };
