import type { ScreenStore } from '../store/screen';

/** Keeps the page's theme in step with the choice and, for `system`, with the system. */
export function watchTheme(screen: ScreenStore): () => void {
  const light = window.matchMedia('(prefers-color-scheme: light)');
  const apply = () => {
    const { theme } = screen.getState();
    document.documentElement.dataset.theme = theme === 'system' ? (light.matches ? 'light' : 'dark') : theme;
  };
  apply();
  light.addEventListener('change', apply);
  const end = screen.subscribe(apply);
  return () => {
    light.removeEventListener('change', apply);
    end();
  };
}
