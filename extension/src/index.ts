import { commandsPlugin } from './plugins/commands';
import { linkPlugin } from './plugins/link';
import { panelPlugin } from './plugins/panel';

export * from './tokens';

export default [linkPlugin, panelPlugin, commandsPlugin];
