import { NotebookPanel } from '@jupyterlab/notebook';
import { Contents } from '@jupyterlab/services';
import { IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';
import { ISignal, Signal } from '@lumino/signaling';

import { Client } from '../api/client';
import { Problem } from '../api/problem';
import { IExportJob } from '../api/types';
import { KernelLink } from '../kernel/kernel-link';
import { Ask, Changed } from '../kernel/messages';
import { afreshExport, IAfresh } from './export-job';
import { Records } from './records';
import { IWork, Task } from './task';

/** How many times slower to look while the kernel tells of changes itself. */
const SLOWER_WITH_KERNEL = 4;

/** Everything Notewright knows about one open notebook. */
export class NotebookLink implements IDisposable {
  constructor(
    readonly panel: NotebookPanel,
    private readonly _contents: Contents.IManager,
    private readonly _open: (path: string, isFolder: boolean) => void,
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
    void this._resume();
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
    return this.kernel.state === 'open'
      ? this.occupied
      : 'Needs Notewright loaded in the kernel';
  }

  /** What has to end first, in words; null when nothing is under way. */
  get occupied(): string | null {
    return this._task === null || this._task.over ? null : `Wait for the end of: ${this._task.title}`;
  }

  /** Emitted whenever anything shown may look different. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** Whether the questions that an export asks are shown. */
  get exportAsked(): boolean {
    return this._exportAsked;
  }

  set exportAsked(asked: boolean) {
    this._exportAsked = asked;
    this._changed.emit();
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  set pollSeconds(seconds: number) {
    this._pollSeconds = seconds;
    this._setFrequency();
  }

  /** Ask the kernel to do something that the panel shows while it lasts. */
  start<T>(title: string, ask: Ask): Task<T> {
    const { kernel } = this;
    return this._start<T>(title, {
      verb: ask.verb,
      kernel,
      begin: onProgress => kernel.ask<T>(ask, onProgress)
    });
  }

  /** Have the server run the notebook from top to bottom in a fresh kernel, and export it. */
  exportAfresh(wish: IAfresh): void {
    const { client } = this._records;
    const begin = async () => {
      await this._save();
      return client.send<IExportJob>('POST', 'exports', wish);
    };
    this._start(titleOf(wish), afreshExport(client, begin, () => !this._isDisposed));
  }

  /** Open a file or folder that the server shows. */
  open(path: string, isFolder = false): void {
    const drive = this._contents.driveName(this.panel.context.path);
    this._open(drive ? `${drive}:${path}` : path, isFolder);
  }

  private _start<T>(title: string, work: IWork<T>): Task<T> {
    const task = new Task<T>(title, work);
    this._task = task;
    task.changed.connect(() => this._changed.emit());
    void task.done.then(() => this.refresh());
    this._changed.emit();
    return task;
  }

  /** Forget the outcome of the last task. */
  dismissTask(): void {
    this._task?.putAway();
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

  /** What runs is the file: it has to be what is seen. */
  private async _save(): Promise<void> {
    const { context } = this.panel;
    if (context.model.dirty) {
      await context.save();
    }
    if (context.model.dirty) {
      throw new Problem(
        'The notebook could not be saved, and what is run is the saved one.',
        'Save it by hand, then export again.'
      );
    }
  }

  /** Go on showing an export that was begun before this page was loaded. */
  private async _resume(): Promise<void> {
    const { client } = this._records;
    const job = await client.get<IExportJob | null>('exports').catch(() => null);
    if (job !== null && this._task === null && !this._isDisposed) {
      this._start(titleOf(job), afreshExport(client, async () => job, () => !this._isDisposed));
    }
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
  private _records: Records;
  private _task: Task | null = null;
  private _pollSeconds = 5;
  private _wasOpen = false;
  private _isDisposed = false;
  private _exportAsked = false;
}

function titleOf({ variable, name }: { variable: string | null; name: string | null }): string {
  const what = variable || 'the model';
  return name && name !== variable ? `Exporting ${what} as ${name}` : `Exporting ${what}`;
}
