import { ISignal, Signal } from '@lumino/signaling';

import { Client } from '../api/client';
import { NO_WORKSPACE, Problem } from '../api/problem';
import { IChecks, IDeployment, IPackage, IRun, ISnapshot } from '../api/types';
import { Changed } from '../kernel/messages';

/** What is recorded for a notebook; null until it was read. */
export interface IRecords {
  snapshots: ISnapshot[] | null;
  runs: IRun[] | null;
  checks: IChecks | null;
  packages: IPackage[] | null;
  deployments: IDeployment[] | null;
}

const ENDPOINTS: Record<keyof IRecords & Changed, string> = {
  snapshots: 'timeline',
  runs: 'runs',
  checks: 'checks',
  packages: 'packages',
  deployments: 'deployments'
};

const PARTS = Object.keys(ENDPOINTS) as Changed[];

/** Reads the records over REST and reads them again when they changed. */
export class Records {
  constructor(readonly client: Client) {}

  /** The records as last read. */
  readonly data: IRecords = {
    snapshots: null,
    runs: null,
    checks: null,
    packages: null,
    deployments: null
  };

  /** What keeps all of them from being read: no server part, no workspace, no server. */
  get obstacle(): Problem | null {
    return this._obstacle;
  }

  /** What keeps one of them from being read. */
  problem(part: Changed): Problem | null {
    return this._problems.get(part) ?? null;
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Read everything, or only what is named. */
  async read(parts: readonly Changed[] = PARTS): Promise<void> {
    if (this._workspace === null) {
      // There may be nothing to read; asking for it would be refused.
      await this.look().catch(() => undefined);
    } else {
      await this._readParts(parts);
    }
  }

  /** Look whether anything was committed since; if so read everything again. */
  async look(): Promise<void> {
    try {
      const { changes, workspace, missing } = await this.client.get<IChanges>('changes');
      const moved = changes !== this._changes || workspace !== this._workspace;
      this._changes = changes;
      this._workspace = workspace;
      if (missing) {
        this._fail(new Problem(missing.problem, missing.remedy, missing.code));
      } else if (moved || this._obstacle) {
        await this._readParts(PARTS);
      }
    } catch (reason) {
      this._fail(Problem.of(reason));
      // Makes the poll ask less and less often.
      throw reason;
    }
  }

  private async _readParts(parts: readonly Changed[]): Promise<void> {
    await Promise.all(parts.map(part => this._read(part)));
    this._changed.emit();
  }

  private async _read(part: Changed): Promise<void> {
    try {
      const data = await this.client.get<IRecords[typeof part]>(ENDPOINTS[part]);
      Object.assign(this.data, { [part]: data });
      this._problems.delete(part);
      this._obstacle = null;
    } catch (reason) {
      const problem = Problem.of(reason);
      if (CONCERNS_ALL.has(problem.code)) {
        this._meet(problem);
      } else {
        this._problems.set(part, problem);
      }
    }
  }

  private _fail(problem: Problem): void {
    if (this._obstacle?.problem !== problem.problem) {
      this._meet(problem);
      this._changed.emit();
    }
  }

  private _meet(problem: Problem): void {
    this._obstacle = problem;
    if (problem.code === NO_WORKSPACE) {
      Object.assign(this.data, EMPTY);
      this._workspace = null;
    }
  }

  private readonly _problems = new Map<Changed, Problem>();
  private readonly _changed = new Signal<this, void>(this);
  private _obstacle: Problem | null = null;
  private _changes: number | null = null;
  private _workspace: string | null = null;
}

interface IChanges {
  changes: number;
  workspace: string | null;
  /** Why there is no workspace, while there is none. */
  missing: { problem: string; remedy: string; code: string } | null;
}

const CONCERNS_ALL: ReadonlySet<string> = new Set([
  NO_WORKSPACE,
  'server_missing',
  'server_unreachable',
  'forbidden',
  'bad_path'
]);

const EMPTY: IRecords = {
  snapshots: null,
  runs: null,
  checks: null,
  packages: null,
  deployments: null
};
