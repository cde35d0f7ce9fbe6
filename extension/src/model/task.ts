import { ISignal, Signal } from '@lumino/signaling';

import { Problem } from '../api/problem';
import { KernelLink } from '../kernel/kernel-link';
import { IRequest } from '../kernel/channel';
import { Ask } from '../kernel/messages';

export type TaskState = 'waiting' | 'running' | 'done' | 'failed';

/** One thing the kernel was asked to do, from asking to outcome. */
export class Task<T = unknown> {
  /**
   * @param link - The kernel that is asked.
   * @param title - What goes on, for a person: "Restoring 4f2a".
   * @param ask - What is asked.
   */
  constructor(
    link: KernelLink,
    readonly title: string,
    ask: Ask
  ) {
    this.verb = ask.verb;
    this._state = link.busy ? 'waiting' : 'running';
    const onKernel = () => this._onKernel(link);
    link.stateChanged.connect(onKernel);
    this._request = link.ask<T>(ask, (fraction, message) => {
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
        link.stateChanged.disconnect(onKernel);
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

  private _onKernel(link: KernelLink): void {
    if (this._state === 'waiting' && !link.busy) {
      this._state = 'running';
      this._changed.emit();
    }
  }

  private readonly _request: IRequest<T>;
  private readonly _changed = new Signal<this, void>(this);
  private _state: TaskState;
}
