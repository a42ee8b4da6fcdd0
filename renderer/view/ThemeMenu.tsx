import { Check, Monitor, Moon, Sun } from 'lucide-react';
import { Button, Menu, MenuItem, MenuTrigger, Popover } from 'react-aria-components';
import { THEMES, type Theme } from '../store/screen';
import { useScreen, useSession } from './session';

const WORDS: Readonly<Record<Theme, string>> = { system: 'As the system', dark: 'Dark', light: 'Light' };

function ThemeIcon({ theme }: { theme: Theme }) {
  if (theme === 'dark') return <Moon size={16} aria-hidden="true" />;
  if (theme === 'light') return <Sun size={16} aria-hidden="true" />;
  return <Monitor size={16} aria-hidden="true" />;
}

export function ThemeMenu() {
  const { screen } = useSession();
  const theme = useScreen((s) => s.theme);
  return (
    <MenuTrigger>
      <Button className="icon-button" aria-label={`Theme: ${WORDS[theme].toLowerCase()}`}>
        <ThemeIcon theme={theme} />
      </Button>
      <Popover className="popover" placement="bottom end" offset={4}>
        <Menu
          className="menu"
          aria-label="Theme"
          selectionMode="single"
          disallowEmptySelection
          selectedKeys={[theme]}
          onSelectionChange={(keys) => {
            const chosen = THEMES.find((t) => keys !== 'all' && keys.has(t));
            if (chosen) screen.setState({ theme: chosen });
          }}
        >
          {THEMES.map((t) => (
            <MenuItem key={t} id={t} className="menu-item" textValue={WORDS[t]}>
              <ThemeIcon theme={t} />
              <span>{WORDS[t]}</span>
              {t === theme && <Check size={14} aria-hidden="true" className="menu-check" />}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
