import { NotebookPanel } from '@jupyterlab/notebook';
import { Contents } from '@jupyterlab/services';
import { IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';
import { ISignal, Signal } from '@lumino/signaling';

import { Client } from '../api/client';
import { KernelLink } from '../kernel/kernel-link';
import { Ask, Changed } from '../kernel/messages';
import { Records } from './records';
import { Task } from './task';

/** How many times slower to look while the kernel tells of changes itself. */
const SLOWER_WITH_KERNEL = 4;

/** Everything Notewright knows about one open notebook. */
export class NotebookLink implements IDisposable {
  constructor(
    readonly panel: NotebookPanel,
    private readonly _contents: Contents.IManager,
    pollSeconds: number
  ) {
    this.kernel = new KernelLink(panel.sessionContext);
    this._records = this._makeRecords();
    this._poll = new Poll({
      name: `notewright:${panel.id}`,
      factory: () => this._records.look(),
      frequency: { interval: pollSeconds * 1000, backoff: true, max: 30_000 },
      standby: 'when-hidden'
    });
    this.pollSeconds = pollSeconds;
    this.kernel.changed.connect((_, what) => void this._onChanged(what));
    this.kernel.stateChanged.connect(this._onKernelState, this);
    panel.context.pathChanged.connect(this._onPath, this);
    panel.disposed.connect(() => this.dispose());
  }

  readonly kernel: KernelLink;

  get records(): Records {
    return this._records;
  }

  /** The notebook's file name. */
  get name(): string {
    return this.panel.context.path.split('/').pop() ?? '';
  }

  /** What the kernel does for the panel at the moment, or did last. */
  get task(): Task | null {
    return this._task;
  }

  /** Why the kernel cannot be asked for anything now, in words; null when it can. */
  get hindrance(): string | null {
    if (this.kernel.state !== 'open') {
      return 'Needs Notewright loaded in the kernel';
    }
    return this._task === null || this._task.over ? null : `Wait for the end of: ${this._task.title}`;
  }

  /** Emitted whenever anything shown may look different. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Emitted when somebody outside the panel wants the export form. */
  get exportWanted(): ISignal<this, void> {
    return this._exportWanted;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Show the questions that an export asks. */
  askForExport(): void {
    this._exportWanted.emit();
  }

  set pollSeconds(seconds: number) {
    this._pollSeconds = seconds;
    this._setFrequency();
  }

  /** Ask the kernel to do something that the panel shows while it lasts. */
  start<T>(title: string, ask: Ask): Task<T> {
    const task = new Task<T>(this.kernel, title, ask);
    this._task = task;
    task.changed.connect(() => this._changed.emit());
    void task.done.then(() => this.refresh());
    this._changed.emit();
    return task;
  }

  /** Forget the outcome of the last task. */
  dismissTask(): void {
    this._task = null;
    this._changed.emit();
  }

  /** Read everything again. */
  async refresh(parts?: readonly Changed[]): Promise<void> {
    await this._records.read(parts);
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    this._poll.dispose();
    this.kernel.dispose();
    Signal.clearData(this);
  }

  private _makeRecords(): Records {
    const path = this._contents.localPath(this.panel.context.path);
    const records = new Records(new Client(path));
    records.changed.connect(() => this._changed.emit());
    return records;
  }

  private _onPath(): void {
    this._records = this._makeRecords();
    void this.refresh();
  }

  private async _onChanged(what: Changed): Promise<void> {
    await this._records.read([what]);
  }

  private _onKernelState(): void {
    const open = this.kernel.state === 'open';
    if (open !== this._wasOpen) {
      this._wasOpen = open;
      this._setFrequency();
      if (open) {
        void this.refresh();
      }
    }
    this._changed.emit();
  }

  private _setFrequency(): void {
    const factor = this._wasOpen ? SLOWER_WITH_KERNEL : 1;
    const interval = this._pollSeconds * 1000 * factor;
    this._poll.frequency = { interval, backoff: true, max: Math.max(30_000, interval) };
  }

  private readonly _poll: Poll;
  private readonly _changed = new Signal<this, void>(this);
  private readonly _exportWanted = new Signal<this, void>(this);
  private _records: Records;
  private _task: Task | null = null;
  private _pollSeconds = 5;
  private _wasOpen = false;
  private _isDisposed = false;
}
