import { Plus } from 'lucide-react';
import { useState } from 'react';
import {
  Autocomplete,
  Button,
  Input,
  Menu,
  MenuItem,
  MenuTrigger,
  Popover,
  TextField,
  useFilter,
} from 'react-aria-components';

export interface Entry {
  readonly id: string;
  readonly title: string;
  readonly note: string;
}

interface SearchMenuProps {
  label: string;
  /** What is looked for, as the empty field says: "Protocol". */
  placeholder: string;
  /** Asked for when the menu opens. */
  entries: () => readonly Entry[];
  disabled: boolean;
  onPick: (id: string) => void;
}

function Entries({ label, placeholder, entries, onPick }: Omit<SearchMenuProps, 'disabled'>) {
  const { contains } = useFilter({ sensitivity: 'base' });
  // The list is that of the moment the menu was opened.
  const [items] = useState(entries);
  return (
    <Autocomplete filter={contains}>
      <TextField className="palette-field" aria-label={placeholder} autoFocus>
        <Input className="text-input" placeholder={placeholder} />
      </TextField>
      <Menu
        className="menu search-menu"
        aria-label={label}
        items={items}
        renderEmptyState={() => <p className="empty-line">Nothing has that in its name.</p>}
        onAction={(key) => onPick(String(key))}
      >
        {(entry: Entry) => (
          <MenuItem
            id={entry.id}
            textValue={`${entry.title} ${entry.note}`}
            className="menu-item search-item"
          >
            <span className="search-title">{entry.title}</span>
            <span className="suggestion-note">{entry.note}</span>
          </MenuItem>
        )}
      </Menu>
    </Autocomplete>
  );
}

/** A button with a menu that is searched by typing; Enter takes the entry on top. */
export function SearchMenu({ disabled, ...props }: SearchMenuProps) {
  return (
    <MenuTrigger>
      <Button className="button compact quiet" isDisabled={disabled}>
        <Plus size={14} aria-hidden="true" />
        {props.label}
      </Button>
      <Popover className="popover search-popover" placement="bottom start" offset={2}>
        <Entries {...props} />
      </Popover>
    </MenuTrigger>
  );
}
