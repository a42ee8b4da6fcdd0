import './noEval';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createClient, pageBridge } from './bridge';
import { afterPaint } from './paint';
import { createSession } from './store/session';
import { App } from './view/App';
import { SessionProvider } from './view/session';
import { watchTheme } from './view/theme';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/layout.css';
import './styles/packet.css';
import './styles/settings.css';
import './styles/stages.css';
import './styles/live.css';
import './styles/calls.css';
import './styles/received.css';
import './styles/diagnosis.css';
import './styles/overlay.css';
import './styles/plan.css';
import './styles/lab.css';

/** Composition root of the page: bridge → client → stores → view. */
function start(root: HTMLElement): void {
  const bridge = pageBridge();
  if (bridge === null) {
    root.textContent = 'Packet Lab runs in its own window: start it with npm start.';
    return;
  }
  const session = createSession(createClient(bridge), {
    memory: localStorage,
    roomy: window.innerHeight >= 760,
    afterPaint,
    now: () => performance.now(),
  });
  watchTheme(session.screen);
  session.connect();
  window.addEventListener('pagehide', session.leave);
  createRoot(root).render(
    <StrictMode>
      <SessionProvider session={session}>
        <App />
      </SessionProvider>
    </StrictMode>,
  );
}

const root = document.getElementById('root');
if (root) start(root);
