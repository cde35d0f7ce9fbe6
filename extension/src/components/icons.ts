import { LabIcon } from '@jupyterlab/ui-components';

import exportSvg from '../../style/icons/export.svg';
import markSvg from '../../style/icons/mark.svg';

/** Notewright's own mark: a line of snapshots with one branch. */
export const markIcon = new LabIcon({ name: 'notewright:mark', svgstr: markSvg });

/** A box with an arrow out of it: export a model as a package. */
export const exportIcon = new LabIcon({ name: 'notewright:export', svgstr: exportSvg });
