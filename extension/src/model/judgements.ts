import { IFinding, IReport, IRequirement, IVerdict } from '../api/types';

/** What a gate says of one requirement, or of several of which it says the same. */
export interface IJudgement {
  names: string[];
  status: string;
  /** In words, unless its findings say it. */
  sentence: string;
  remedy: string;
  findings: IFinding[];
}

/** One model version: how it stands at each gate, and what no gate counts. */
export interface IJudged {
  subject: string;
  report: IReport | null;
  gates: { verdict: IVerdict; judgements: IJudgement[] }[];
  rest: IFinding[];
}

/** Bring reports and verdicts together, so that each finding is said in one place only. */
export function judge(reports: readonly IReport[], verdicts: readonly IVerdict[]): IJudged[] {
  const subjects = [...verdicts.map(v => v.version), ...reports.map(r => r.subject)];
  return [...new Set(subjects)].map(subject => {
    const report = reports.find(other => other.subject === subject) ?? null;
    const told = new Set<string>();
    const gates = verdicts
      .filter(verdict => verdict.version === subject)
      .map(verdict => ({ verdict, judgements: judgements(verdict, report, told) }));
    const rest = (report?.findings ?? []).filter(finding => !told.has(finding.check));
    return { subject, report, gates, rest };
  });
}

/** The findings that somebody should look at, the gravest first. */
export function troubles(findings: readonly IFinding[]): IFinding[] {
  return findings
    .filter(finding => finding.status !== 'passed')
    .sort((a, b) => (GRAVITY[a.severity] ?? 3) - (GRAVITY[b.severity] ?? 3));
}

/** Findings that say the same, with the checks that say it. */
export function alike(findings: readonly IFinding[]): { checks: string[]; finding: IFinding }[] {
  return [...grouped(findings, words).values()].map(same => ({
    checks: same.map(finding => finding.check),
    finding: same[0]
  }));
}

/** Whether a judgement needs nobody's attention. */
export function isQuiet(judgement: IJudgement): boolean {
  return judgement.status === 'met' && judgement.findings.length === 0;
}

const GRAVITY: Record<string, number> = { error: 0, warning: 1, info: 2 };
const RANK: Record<string, number> = { failed: 0, missing: 1, waived: 2, met: 3 };

/** What stands in the way first; `told` collects the checks whose findings were said. */
function judgements(
  verdict: IVerdict,
  report: IReport | null,
  told: Set<string>
): IJudgement[] {
  const found = verdict.requirements.map(requirement => judgement(requirement, report, told));
  return together(found).sort((a, b) => (RANK[a.status] ?? 0) - (RANK[b.status] ?? 0));
}

function judgement(
  requirement: IRequirement,
  report: IReport | null,
  told: Set<string>
): IJudgement {
  const { name, status, sentence } = requirement;
  const open = status === 'failed' || status === 'missing';
  const said = { names: [name], status, sentence, remedy: open ? requirement.remedy ?? '' : '' };
  // A report under another policy, or of another model, is not what the gate went by.
  const counts = report !== null && requirement.evidence.includes(`check_report:${report.id}`);
  const findings = counts ? troubles(report.findings.filter(f => f.check === name)) : [];
  const again = told.has(name);
  if (counts) {
    told.add(name);
  }
  if (findings.length === 0) {
    return { ...said, findings };
  }
  if (again) {
    return { ...said, sentence: 'Its findings are shown above.', remedy: '', findings: [] };
  }
  return status === 'waived'
    ? { ...said, findings: findings.filter(finding => !sentence.includes(finding.sentence)) }
    : { ...said, sentence: '', remedy: '', findings };
}

/** Requirements of which the same is said become one; those that are met stay apart. */
function together(all: readonly IJudgement[]): IJudgement[] {
  const key = (one: IJudgement) =>
    isQuiet(one) ? one.names[0] : JSON.stringify([one.status, one.sentence, one.findings.map(words)]);
  return [...grouped(all, key).values()].map(same => ({
    ...same[0],
    names: same.flatMap(one => one.names)
  }));
}

function words({ status, severity, sentence, remedy }: IFinding): string {
  return JSON.stringify([status, severity, sentence, remedy]);
}

function grouped<T>(all: readonly T[], key: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    groups.set(key(one), [...(groups.get(key(one)) ?? []), one]);
  }
  return groups;
}
