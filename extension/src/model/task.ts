import { ISignal, Signal } from '@lumino/signaling';

import { Problem } from '../api/problem';
import { IRequest, OnProgress } from '../kernel/channel';
import { KernelLink } from '../kernel/kernel-link';
import { Ask } from '../kernel/messages';

export type TaskState = 'waiting' | 'running' | 'done' | 'failed';

/** What a task does, and who does it. */
export interface IWork<T> {
  verb: Ask['verb'];
  /** The kernel, where it is the one that is asked: it may be busy with a cell. */
  kernel?: KernelLink;
  begin(onProgress: OnProgress): IRequest<T>;
  /** Called when the outcome has been read. */
  putAway?(): void;
}

/** One thing that was asked for, from asking to outcome. */
export class Task<T = unknown> {
  /**
   * @param title - What goes on, for a person: "Restoring 4f2a".
   * @param work - What is done.
   */
  constructor(
    readonly title: string,
    private readonly _work: IWork<T>
  ) {
    const link = _work.kernel;
    this.verb = _work.verb;
    this._state = link?.busy ? 'waiting' : 'running';
    const onKernel = () => this._onKernel(link?.busy ?? false);
    link?.stateChanged.connect(onKernel);
    this._request = _work.begin((fraction, message) => {
      this._state = 'running';
      this.fraction = fraction;
      this.message = message;
      this._changed.emit();
    });
    this.done = this._request.done
      .then(
        data => {
          this.outcome = data;
          this._state = 'done';
          return data;
        },
        reason => {
          this.problem = Problem.of(reason);
          this._state = 'failed';
          return null;
        }
      )
      .finally(() => {
        link?.stateChanged.disconnect(onKernel);
        this._changed.emit();
      });
  }

  readonly verb: Ask['verb'];
  /** Resolves with the outcome, or with null when it failed; never rejects. */
  readonly done: Promise<T | null>;
  fraction: number | null = null;
  message = '';
  outcome: T | null = null;
  problem: Problem | null = null;
  cancelling = false;

  get state(): TaskState {
    return this._state;
  }

  get over(): boolean {
    return this._state === 'done' || this._state === 'failed';
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  cancel(): void {
    this.cancelling = true;
    this._request.cancel();
    this._changed.emit();
  }

  /** Say that the outcome has been read. */
  putAway(): void {
    this._work.putAway?.();
  }

  private _onKernel(busy: boolean): void {
    if (this._state === 'waiting' && !busy) {
      this._state = 'running';
      this._changed.emit();
    }
  }

  private readonly _request: IRequest<T>;
  private readonly _changed = new Signal<this, void>(this);
  private _state: TaskState;
}
