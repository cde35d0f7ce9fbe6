import * as React from 'react';

import { IDeployment, IPackage } from '../api/types';
import { NotebookLink } from '../model/notebook-link';
import { ExportForm } from './export-form';
import { ago, figure, moment } from './format';
import { Words } from './notice';
import { PackageFiles } from './package-files';
import { ProblemNotice } from './problem-notice';
import { RovingList, rovingStop } from './roving-list';
import { Empty, Section } from './section';

/** What was exported, what is deployed, and the form to export. */
export function PackagesSection({ link }: { link: NotebookLink }): JSX.Element {
  const { packages, deployments } = link.records.data;
  const exported = [...(packages ?? [])].sort((a, b) => b.created.localeCompare(a.created));
  return (
    <Section
      id="packages"
      title="Packages & deployments"
      count={(packages?.length ?? 0) + (deployments?.length ?? 0)}
      forced={link.exportAsked}
    >
      <ExportForm link={link} />
      <ProblemNotice problem={link.records.problem('packages')} />
      <ProblemNotice problem={link.records.problem('deployments')} />
      {packages && packages.length === 0 ? (
        <Empty>
          No package yet. Export a fitted model above: it becomes a package that is proved to
          predict as the notebook does.
        </Empty>
      ) : null}
      <RovingList label="Packages, newest first">
        {exported.map(item => (
          <PackageItem key={item.id} link={link} item={item} />
        ))}
      </RovingList>
      {deployments && deployments.length > 0 ? (
        <>
          <h4 className="nw-Subtitle">Deployments</h4>
          <RovingList label="Deployments">
            {deployments.map(item => (
              <DeploymentItem key={item.id} item={item} />
            ))}
          </RovingList>
        </>
      ) : null}
    </Section>
  );
}

function PackageItem({ link, item }: { link: NotebookLink; item: IPackage }): JSX.Element {
  // What an export found stands above the sections until it was read.
  const told = (link.task?.outcome as IPackage | null)?.id === item.id;
  return (
    <li className="nw-Package" data-package={item.id}>
      <div {...rovingStop} className="nw-Row">
        <span className="nw-Row-title">
          {item.name} <span className="nw-Tag">{item.number}</span>
          {item.serves_raw_rows ? (
            <span className="nw-Tag nw-mod-good">serves raw rows</span>
          ) : null}
        </span>
        <span className="nw-Row-facts">
          {Object.entries(item.metrics).map(([name, value]) => (
            <span key={name}>
              {name} <b>{figure(value)}</b>
            </span>
          ))}
          {item.origin === 'retrain' ? <span>retrained</span> : null}
          <time dateTime={item.created} title={moment(item.created)}>
            {ago(item.created)}
          </time>
        </span>
        <code className="nw-Path" title={item.tree}>
          {item.wheel}
        </code>
        {(told ? [] : item.findings).map((finding, index) => (
          <span key={index} className="nw-Row-facts nw-Warn">
            <span>
              <Words text={finding} />
            </span>
          </span>
        ))}
      </div>
      {!told && item.folder ? <PackageFiles link={link} folder={item.folder} /> : null}
    </li>
  );
}

const LIVE: ReadonlySet<string> = new Set(['live', 'running', 'ready']);

function DeploymentItem({ item }: { item: IDeployment }): JSX.Element {
  const since = item.live_from ?? item.created;
  return (
    <li className="nw-Deployment" data-deployment={item.id}>
      <div {...rovingStop} className="nw-Row">
        <span className="nw-Row-title">
          {item.name}{' '}
          <span className={`nw-Tag ${LIVE.has(item.status) ? 'nw-mod-good' : ''}`}>
            {item.status}
          </span>
        </span>
        <span className="nw-Row-facts">
          <span>{item.package_ref}</span>
          {item.url ? <code>{item.url}</code> : null}
          <time dateTime={since} title={moment(since)}>
            {ago(since)}
          </time>
        </span>
        {item.problem ? <span className="nw-Row-facts nw-Warn">{item.problem}</span> : null}
      </div>
    </li>
  );
}
