import * as React from 'react';

import { IPackage } from '../api/types';
import { NotebookLink } from '../model/notebook-link';
import { counted } from './format';
import { Notice, Words } from './notice';
import { PackageFiles } from './package-files';

interface IProps {
  link: NotebookLink;
  made: IPackage;
  children: React.ReactNode;
}

/** What came of an export: what was proved, where it is, and everything that was found. */
export function ExportOutcome({ link, made, children }: IProps): JSX.Element {
  const known = link.records.data.packages?.find(item => item.id === made.id);
  return (
    <Notice
      kind="success"
      problem={`${made.name}@${made.number} is exported. Its predictions against the notebook's: ${made.result}.`}
      remedy={`It is in \`${known?.folder ?? made.tree}\`, with the wheel \`${made.wheel}\`.`}
      details={
        <>
          {known?.folder ? <PackageFiles link={link} folder={known.folder} /> : null}
          <Findings findings={made.findings} />
        </>
      }
    >
      {children}
    </Notice>
  );
}

function Findings({ findings }: { findings: readonly string[] }): JSX.Element | null {
  return findings.length === 0 ? null : (
    <div>
      <p className="nw-Facts" id="nw-export-findings">
        {counted(findings.length, 'finding')}
      </p>
      <ul className="nw-Found" aria-labelledby="nw-export-findings">
        {findings.map((finding, index) => (
          <li key={index}>
            <Words text={finding} />
          </li>
        ))}
      </ul>
    </div>
  );
}
