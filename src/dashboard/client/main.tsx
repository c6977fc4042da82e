import { render } from 'preact';
import { App } from './app.tsx';
import { openFile, openLive } from './model/connection.ts';
import { followAddress } from './model/view-state.ts';

followAddress();
const root = document.createElement('div');
document.body.append(root);
const file = openFile();
render(<App />, root);
if (!file) void openLive();
