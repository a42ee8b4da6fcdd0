import { ArrowDown, ArrowUp, Copy, Trash2 } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react';
import { ListBox, ListBoxItem } from 'react-aria-components';
import {
  addLayer,
  duplicateLayer,
  moveLayer,
  protocolsBehind,
  removeLayer,
} from '../../../app/packet/editLayers';
import { findProtocol } from '../../../app/packet/protocols';
import { type FrameSpec, LAYERS_MAX } from '../../../app/packet/spec';
import { SearchMenu } from './SearchMenu';
import type { Editor } from './useEditor';
import { useReorder } from './useReorder';

/** Moves on the selected layer and everything that follows from it. */
function useMoves({ id, spec, place, locked, craft, change }: Editor) {
  const to = (packet: FrameSpec, layer: number, what: string) => {
    if (locked !== null) return;
    change(packet, what);
    craft.selectLayer(id, Math.min(layer, packet.layers.length - 1));
  };
  const at = place.layer;
  return {
    add: (proto: string) => to(addLayer(spec, at, proto), at + 1, 'add layer'),
    remove: () => at >= 0 && to(removeLayer(spec, at), at, 'remove layer'),
    duplicate: () => at >= 0 && to(duplicateLayer(spec, at), at + 1, 'duplicate layer'),
    move: (from: number, target: number) => {
      if (target >= 0 && target < spec.layers.length) to(moveLayer(spec, from, target), target, 'move layer');
    },
  };
}

function entriesBehind(proto: string | undefined) {
  return protocolsBehind(proto).map((name) => {
    const protocol = findProtocol(name);
    return { id: name, title: protocol?.label ?? name, note: name };
  });
}

function Tool(props: {
  label: string;
  keys: string;
  disabled: boolean;
  onPress: () => void;
  children: ReactNode;
}) {
  return (
    <button
      type="button"
      className="icon-button small"
      aria-label={props.label}
      title={`${props.label} (${props.keys})`}
      disabled={props.disabled}
      onClick={props.onPress}
    >
      {props.children}
    </button>
  );
}

/** The layers of the packet from the outside in; the selected one's fields are shown beside them. */
export function Layers({ editor, upright }: { editor: Editor; upright: boolean }) {
  const { id, spec, encoded, place, locked, craft } = editor;
  const moves = useMoves(editor);
  const at = place.layer;
  const last = spec.layers.length - 1;
  const box = useRef<HTMLDivElement>(null);
  // The focus goes where the selection went: to a copy, to the next one, to a new place.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of the packet makes the items new.
  useEffect(() => {
    if (!box.current?.contains(document.activeElement)) return;
    box.current.querySelector<HTMLElement>(`[data-key="${at}"]`)?.focus();
  }, [at, encoded]);
  const reorder = useReorder({ upright, disabled: locked !== null, onMove: moves.move });
  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Readonly<Record<string, number>> = {
      ArrowUp: -1,
      ArrowLeft: -1,
      ArrowDown: 1,
      ArrowRight: 1,
    };
    const step = event.altKey ? steps[event.key] : undefined;
    if (step !== undefined) moves.move(at, at + step);
    else if (event.ctrlKey && event.key.toLowerCase() === 'd') moves.duplicate();
    else if (event.key === 'Delete') moves.remove();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const items = encoded.layers.map((layer, index) => ({ ...layer, index }));
  return (
    <section className="layers" aria-label="Layers">
      <h3 className="visually-hidden">Layers</h3>
      <div className="layer-box" ref={box} onKeyDownCapture={onKeyDown} {...reorder.handlers}>
        <ListBox
          className="layer-list"
          aria-label="Layers of the packet"
          orientation={upright ? 'vertical' : 'horizontal'}
          layout="stack"
          items={items}
          // The items know their place by number only: a change anywhere makes them new.
          dependencies={[encoded, reorder.drag]}
          selectionMode="single"
          selectionBehavior="replace"
          disallowEmptySelection
          selectedKeys={at >= 0 ? [at] : []}
          onSelectionChange={(keys) => {
            const [key] = keys === 'all' ? [] : [...keys];
            if (key !== undefined) craft.selectLayer(id, Number(key));
          }}
          renderEmptyState={() => <p className="empty-line">No layers: press Add layer.</p>}
        >
          {(item) => {
            const wrong = item.error ?? item.fields.find(({ error }) => error !== null)?.error ?? null;
            const size = `offset ${item.offset}, ${item.length} B`;
            return (
              <ListBoxItem
                id={item.index}
                textValue={item.label}
                className={`layer${wrong === null ? '' : ' wrong'}${reorder.lookOf(item.index)}`}
              >
                <span
                  className="layer-name"
                  data-place={item.index}
                  title={`${item.label} (${item.proto}), ${wrong ?? size}`}
                >
                  {item.label}
                </span>
                <span className="layer-size">{item.length}</span>
              </ListBoxItem>
            );
          }}
        </ListBox>
      </div>
      <div className="layer-tools">
        <SearchMenu
          label="Add layer"
          placeholder="Protocol"
          entries={() => entriesBehind(spec.layers[at]?.proto)}
          disabled={locked !== null || spec.layers.length >= LAYERS_MAX}
          onPick={moves.add}
        />
        <span className="layer-tool-icons">
          <Tool
            label="Move layer out"
            keys="Alt+↑"
            disabled={locked !== null || at <= 0}
            onPress={() => moves.move(at, at - 1)}
          >
            <ArrowUp size={14} aria-hidden="true" />
          </Tool>
          <Tool
            label="Move layer in"
            keys="Alt+↓"
            disabled={locked !== null || at < 0 || at >= last}
            onPress={() => moves.move(at, at + 1)}
          >
            <ArrowDown size={14} aria-hidden="true" />
          </Tool>
          <Tool
            label="Duplicate layer"
            keys="Ctrl+D"
            disabled={locked !== null || at < 0 || spec.layers.length >= LAYERS_MAX}
            onPress={moves.duplicate}
          >
            <Copy size={13} aria-hidden="true" />
          </Tool>
          <Tool
            label="Remove layer"
            keys="Delete"
            disabled={locked !== null || at < 0}
            onPress={moves.remove}
          >
            <Trash2 size={13} aria-hidden="true" />
          </Tool>
        </span>
      </div>
    </section>
  );
}
