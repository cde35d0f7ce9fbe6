/** The records as the server sends them: `view.data()` of the engine's views. */

export interface IVariable {
  name: string;
  type: string;
  summary?: string;
  digest?: string;
  size?: number;
}

export interface IUnsaved {
  name: string;
  type: string;
  reason: string;
  cell?: string | null;
}

export interface ISnapshot {
  id: string;
  parent: string | null;
  kind: string;
  message: string;
  created: string;
  cell?: string | null;
  head?: boolean;
  tags?: string[];
  /** Other notebooks that stand on it. */
  notebooks?: string[];
  /** Its lane in a drawing of the tree, the lanes that pass by, and those that end here. */
  lane?: number;
  through?: number[];
  joins?: number[];
  /** Whether its lane goes on to a snapshot that is listed. */
  goes_on?: boolean;
  variables: IVariable[];
  unsaved: IUnsaved[];
  bytes_added?: number;
}

/** One thing that differs in a variable; `lines` are of a unified diff. */
export interface IDetail {
  kind: string;
  text: string;
  lines?: string[];
}

export interface IDiff {
  old: string;
  new: string;
  variables: { name: string; kind: string; details: string[]; changes?: IDetail[] }[];
  code: string[];
  files: string[];
  environment: string[];
}

/** NaN and infinities travel as words or null, because JSON has no such numbers. */
export type Metric = number | string | null;

export interface IRun {
  id: string;
  name: string;
  status: string;
  created: string;
  seconds: number;
  params: Record<string, unknown>;
  changed_params?: string[];
  metrics: Record<string, Metric>;
  model?: { variable: string; type: string } | null;
  error?: string | null;
  notes?: string[];
}

export interface IEstimate {
  run: string;
  metric: string;
  title: string;
  value: Metric;
  interval: [number, number] | null;
}

export interface IDifference {
  a: string;
  b: string;
  metric: string;
  title: string;
  significant: boolean;
  better: string | null;
  sentence: string;
  test: string;
  p_adjusted: number;
}

/** Something that is not the same in all compared runs; values by run id. */
export interface IChange {
  name: string;
  values: Record<string, unknown>;
}

export interface IComparison {
  runs: { id: string; name: string; status: string }[];
  metrics: IEstimate[];
  differences: IDifference[];
  params: IChange[];
  data: IChange[];
  environment: IChange[];
  code: { run: string; lines: string[] }[];
  test_set: { sentence?: string } | null;
  notes: string[];
}

export interface IFinding {
  check: string;
  family: string;
  severity: string;
  status: string;
  sentence: string;
  remedy?: string | null;
  /** Whether it keeps a gate closed. */
  blocks?: boolean;
}

export interface IReport {
  id: string;
  subject: string;
  created: string;
  passed: boolean;
  findings: IFinding[];
}

export interface IRequirement {
  name: string;
  status: string;
  sentence: string;
  remedy?: string | null;
  /** What it rests on: "check_report:ID", "approval:ID". */
  evidence: string[];
}

export interface IVerdict {
  gate: string;
  version: string;
  open: boolean;
  requirements: IRequirement[];
}

export interface IChecks {
  reports: IReport[];
  gates: IVerdict[];
}

export interface IPackage {
  id: string;
  name: string;
  number: number;
  created: string;
  origin: string;
  metrics: Record<string, Metric>;
  serves_raw_rows: boolean;
  /** What the proof found worth knowing. */
  findings: string[];
  model_version: string | null;
  /** The working tree, for people; `wheel` is in its `dist` folder. */
  tree: string;
  /** Where the server shows its files; null where it does not, absent where nobody looked. */
  folder?: string | null;
  wheel: string;
  /** What the proof came to, in words. */
  result: string;
}

export interface IDeployment {
  id: string;
  name: string;
  package_ref: string;
  kind: string;
  status: string;
  problem?: string | null;
  url: string | null;
  created: string;
  live_from?: string | null;
}

/** A fitted model in the kernel's namespace. */
export interface IModelVariable {
  variable: string;
  type: string;
  /** Whether the cells behind it are recorded. */
  recorded: boolean;
}

/** An export that the server has under way, or that has ended. */
export interface IExportJob {
  id: string;
  variable: string | null;
  name: string | null;
  state: 'running' | 'done' | 'failed';
  fraction: number;
  message: string;
  cancelling: boolean;
  package: IPackage | null;
  problem: { problem: string; remedy: string; code: string } | null;
}
