import { ISessionContext } from '@jupyterlab/apputils';
import { Kernel, KernelMessage } from '@jupyterlab/services';
import { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

import { Problem } from '../api/problem';
import { Channel, IRequest, OnProgress } from './channel';
import { Ask, Changed, IHello } from './messages';

/** `none`: no kernel runs; `absent`: it runs, without Notewright. */
export type KernelState = 'none' | 'opening' | 'open' | 'absent';

const LOAD = '%load_ext notewright';

/** Keeps a channel open to whatever kernel a notebook has. */
export class KernelLink implements IDisposable {
  constructor(private readonly _context: ISessionContext) {
    _context.kernelChanged.connect(this._reopen, this);
    _context.statusChanged.connect(this._onStatus, this);
    _context.iopubMessage.connect(this._onMessage, this);
    void _context.ready.then(() => {
      if (this.state === 'none' && !this._isDisposed) {
        this._reopen();
      }
    });
  }

  get state(): KernelState {
    const state = this._channel?.state;
    return state === undefined || state === 'closed' ? 'none' : state;
  }

  /** Whether the kernel runs a cell, so that requests wait for it. */
  get busy(): boolean {
    return this._context.session?.kernel?.status === 'busy';
  }

  /** Whether the kernel was started again and Notewright was not loaded in it since. */
  get startedAgain(): boolean {
    return this._startedAgain && this.state === 'absent';
  }

  get hello(): IHello | null {
    return this._channel?.hello ?? null;
  }

  get stateChanged(): ISignal<this, void> {
    return this._stateChanged;
  }

  get changed(): ISignal<this, Changed> {
    return this._changed;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  ask<T>(ask: Ask, onProgress?: OnProgress): IRequest<T> {
    if (this._channel) {
      return this._channel.ask<T>(ask, onProgress);
    }
    const problem = new Problem(
      'No kernel runs for this notebook.',
      'Choose one from the Kernel menu, load Notewright in it, and ask again.',
      'kernel_missing'
    );
    return { id: '', done: Promise.reject(problem), cancel: () => undefined };
  }

  /** Run `%load_ext notewright` in the kernel, then connect. */
  async load(): Promise<void> {
    const kernel = this._context.session?.kernel;
    if (!kernel) {
      throw new Problem('No kernel runs for this notebook.', 'Choose one from the Kernel menu.');
    }
    const future = kernel.requestExecute({ code: LOAD, store_history: false });
    const reply = await future.done;
    if (reply.content.status !== 'ok') {
      const why = (reply.content as KernelMessage.IReplyErrorContent).evalue ?? '';
      throw new Problem(
        `This kernel cannot load Notewright: ${why}`.trim(),
        'Install it in the environment of the kernel: `%pip install notewright` in a cell.'
      );
    }
    this._reopen();
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._channel?.dispose();
    this._channel = null;
    Signal.clearData(this);
  }

  /** Open a channel to the kernel there is now. */
  private _reopen(): void {
    this._channel?.dispose();
    this._channel = null;
    const kernel = this._context.session?.kernel;
    if (kernel && kernel.handleComms && kernel.status !== 'dead') {
      this._channel = this._open(kernel);
    }
    this._stateChanged.emit();
  }

  private _open(kernel: Kernel.IKernelConnection): Channel {
    const channel = new Channel(kernel);
    channel.stateChanged.connect((_, state) => {
      this._startedAgain = this._startedAgain && state !== 'open';
      this._stateChanged.emit();
    });
    channel.changed.connect((_, what) => this._changed.emit(what));
    return channel;
  }

  private _onStatus(_: ISessionContext, status: Kernel.Status): void {
    if (status === 'restarting' || status === 'autorestarting' || status === 'dead') {
      this._channel?.dispose();
      this._channel = null;
      this._restarted = status !== 'dead';
      this._startedAgain = true;
    } else if (status === 'idle' && (this._restarted || this._mayHaveLoaded)) {
      const wanted = this._restarted || this.state === 'absent';
      this._restarted = false;
      this._mayHaveLoaded = false;
      if (wanted) {
        this._reopen();
        return;
      }
    }
    this._stateChanged.emit();
  }

  /** A cell that mentions Notewright may have loaded it: try again after it. */
  private _onMessage(_: ISessionContext, message: KernelMessage.IMessage): void {
    if (KernelMessage.isExecuteInputMsg(message) && message.content.code.includes('notewright')) {
      this._mayHaveLoaded = true;
    }
  }

  private readonly _stateChanged = new Signal<this, void>(this);
  private readonly _changed = new Signal<this, Changed>(this);
  private _channel: Channel | null = null;
  private _restarted = false;
  private _startedAgain = false;
  private _mayHaveLoaded = false;
  private _isDisposed = false;
}
