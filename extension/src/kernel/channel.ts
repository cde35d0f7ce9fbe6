import { Kernel } from '@jupyterlab/services';
import { JSONObject, PromiseDelegate, UUID } from '@lumino/coreutils';
import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import { Problem } from '../api/problem';
import { Ask, Changed, IHello, KernelEvent } from './messages';

const TARGET = 'notewright';

/** `opening` lasts until the kernel has answered, which a running cell delays. */
export type ChannelState = 'opening' | 'open' | 'absent' | 'closed';

/** Called with the fraction done, between 0 and 1, and what goes on. */
export type OnProgress = (fraction: number, message: string) => void;

/** A request that the kernel works on. */
export interface IRequest<T> {
  readonly id: string;
  readonly done: Promise<T>;
  cancel(): void;
}

interface IPending {
  readonly answer: PromiseDelegate<unknown>;
  readonly onProgress?: OnProgress;
}

/** One comm to one life of one kernel. */
export class Channel implements IDisposable {
  constructor(kernel: Kernel.IKernelConnection) {
    this._comm = kernel.createComm(TARGET);
    // Requests change variables: they have to take their turn with cells, on
    // the main shell, and never run beside one on a subshell.
    if ('commsOverSubshells' in this._comm) {
      this._comm.commsOverSubshells = 'disabled' as Kernel.IComm['commsOverSubshells'];
    }
    this._comm.onMsg = message => this._receive(message.content.data as unknown as KernelEvent);
    this._comm.onClose = () => this._end('absent');
    this._comm.open({});
    this._comm.send({ verb: 'hello' });
  }

  get state(): ChannelState {
    return this._state;
  }

  get hello(): IHello | null {
    return this._hello;
  }

  get stateChanged(): ISignal<this, ChannelState> {
    return this._stateChanged;
  }

  /** Emitted when the kernel has committed something. */
  get changed(): ISignal<this, Changed> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._state === 'closed';
  }

  dispose(): void {
    if (this.isDisposed) {
      return;
    }
    this._end('closed');
    if (!this._comm.isDisposed) {
      this._comm.onClose = () => undefined;
      this._comm.close();
    }
    Signal.clearData(this);
  }

  /** Ask the kernel for something. */
  ask<T>(ask: Ask, onProgress?: OnProgress): IRequest<T> {
    const id = UUID.uuid4();
    const answer = new PromiseDelegate<unknown>();
    if (this._state === 'absent' || this._state === 'closed') {
      answer.reject(kernelGone());
    } else {
      this._pending.set(id, { answer, onProgress });
      this._comm.send({ ...ask, id } as unknown as JSONObject);
    }
    return {
      id,
      done: answer.promise as Promise<T>,
      cancel: () => {
        if (this._pending.has(id) && !this._comm.isDisposed) {
          this._comm.send({ verb: 'cancel', id });
        }
      }
    };
  }

  private _receive(event: KernelEvent): void {
    switch (event.event) {
      case 'hello':
        this._hello = event;
        this._state = 'open';
        this._stateChanged.emit('open');
        break;
      case 'changed':
        if (this._hello && event.head !== undefined) {
          // A restore moves the notebook to another snapshot without making a new one.
          this._hello = { ...this._hello, head: event.head };
        }
        this._changed.emit(event.what);
        break;
      case 'progress':
        this._pending.get(event.id)?.onProgress?.(event.fraction, event.message);
        break;
      case 'done':
        this._pending.get(event.id)?.answer.resolve(event.data);
        this._pending.delete(event.id);
        break;
      case 'error':
        if (event.id) {
          this._pending.get(event.id)?.answer.reject(new Problem(event.problem, event.remedy));
          this._pending.delete(event.id);
        }
        break;
    }
  }

  private _end(state: 'absent' | 'closed'): void {
    for (const { answer } of this._pending.values()) {
      answer.reject(kernelGone());
    }
    this._pending.clear();
    this._moveTo(state);
  }

  private _moveTo(state: ChannelState): void {
    if (this._state !== state) {
      this._state = state;
      this._stateChanged.emit(state);
    }
  }

  private readonly _comm: Kernel.IComm;
  private readonly _pending = new Map<string, IPending>();
  private readonly _stateChanged = new Signal<this, ChannelState>(this);
  private readonly _changed = new Signal<this, Changed>(this);
  private _state: ChannelState = 'opening';
  private _hello: IHello | null = null;
}

function kernelGone(): Problem {
  return new Problem(
    'Notewright is not loaded in this kernel, or the kernel went away.',
    'Load it with `%load_ext notewright` and ask again.',
    'kernel_missing'
  );
}
