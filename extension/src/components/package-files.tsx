import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import * as React from 'react';

import { NotebookLink } from '../model/notebook-link';

const FILES = ['README.md', 'MODEL_CARD.md', 'equivalence.json'];

interface IProps {
  link: NotebookLink;
  /** Where the server shows the package. */
  folder: string;
}

/** Links that open what somebody wants to see of a package. */
export function PackageFiles({ link, folder }: IProps): JSX.Element {
  return (
    <ul className="nw-Files" aria-label="Files of the package">
      {FILES.map(file => (
        <li key={file}>
          <FileLink link={link} path={`${folder}/${file}`} text={file} />
        </li>
      ))}
      <li>
        <FileLink link={link} path={`${folder}/src`} text="src/" isFolder />
      </li>
    </ul>
  );
}

interface ILink {
  link: NotebookLink;
  path: string;
  text: string;
  isFolder?: boolean;
}

function FileLink({ link, path, text, isFolder = false }: ILink): JSX.Element {
  const place = isFolder ? 'tree' : 'files';
  const open = (event: React.MouseEvent) => {
    if (!event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      link.open(path, isFolder);
    }
  };
  return (
    <a
      className="nw-Link"
      href={URLExt.join(PageConfig.getBaseUrl(), place, URLExt.encodeParts(path))}
      title={path}
      onClick={open}
    >
      {text}
    </a>
  );
}
