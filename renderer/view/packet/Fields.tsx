import { useEffect, useRef } from 'react';
import { additionsTo } from '../../../app/packet/additions';
import { addValue, type FieldPath, removeOption, setField, unsetField } from '../../../app/packet/edit';
import { setPart } from '../../../app/packet/editBytes';
import type { EncodedLayer } from '../../../app/packet/encode';
import { findProtocol } from '../../../app/packet/protocols';
import { Mark } from '../Marks';
import { FieldRow } from './FieldRow';
import { SearchMenu } from './SearchMenu';
import type { Editor } from './useEditor';

function samePath(a: FieldPath | null, b: FieldPath): boolean {
  return a !== null && a.layer === b.layer && a.name === b.name && a.nth === b.nth;
}

/** What was typed into a field, also while it can't be encoded; undefined when it is computed. */
function typedIn({ spec }: Editor, path: FieldPath) {
  const given = spec.layers[path.layer]?.fields[path.name];
  return Array.isArray(given) ? given[path.nth] : path.nth === 0 ? given : undefined;
}

function AddField({ editor, at }: { editor: Editor; at: number }) {
  const { spec, locked, craft, id, change } = editor;
  return (
    <SearchMenu
      label="Add field"
      placeholder="Field or option"
      disabled={locked !== null}
      entries={() =>
        additionsTo(spec, at).map((addition, index) => ({
          id: String(index),
          title: addition.label,
          note: addition.name,
        }))
      }
      onPick={(picked) => {
        const addition = additionsTo(spec, at)[Number(picked)];
        if (!addition) return;
        const { name } = addition;
        const next = addValue(spec, at, name, addition.value);
        const given = next.layers[at]?.fields[name];
        change(next, `add ${name}`);
        craft.selectField(id, editor.encoded, {
          layer: at,
          name,
          nth: Array.isArray(given) ? given.length - 1 : 0,
        });
      }}
    />
  );
}

function Problems({ editor, at }: { editor: Editor; at: number }) {
  const problems = editor.encoded.problems.filter(({ layer }) => layer === at);
  if (problems.length === 0) return null;
  return (
    <ul className="field-problems">
      {problems.map(({ field, sentence }) => (
        <li key={`${field} ${sentence}`} className="before-line">
          <Mark shape="triangle" tone="warning" />
          <span>{sentence}</span>
        </li>
      ))}
    </ul>
  );
}

function Rows({ editor, at, layer }: { editor: Editor; at: number; layer: EncodedLayer }) {
  const { id, spec, encoded, place, locked, craft, change } = editor;
  const seen = new Map<string, number>();
  return layer.fields.map((view, index) => {
    const nth = seen.get(view.name) ?? 0;
    seen.set(view.name, nth + 1);
    const path: FieldPath = { layer: at, name: view.name, nth };
    const what = `${at} ${view.name} ${nth}`;
    return (
      <FieldRow
        // biome-ignore lint/suspicious/noArrayIndexKey: a field is what stands at this place of this layer.
        key={`${at} ${layer.proto} ${index} ${view.name}`}
        view={view}
        nth={nth}
        typed={typedIn(editor, path)}
        selected={samePath(place.field, path)}
        locked={locked !== null}
        onSelect={() => craft.selectField(id, encoded, path)}
        onSet={(value) => change(setField(spec, path, value), what)}
        onUnset={() => change(unsetField(spec, path), `unset ${what}`)}
        onPart={(name, value) => change(setPart(spec, path, name, value), what)}
        onRemove={view.many ? () => change(removeOption(spec, path), `remove ${what}`) : null}
      />
    );
  });
}

/** The fields of the selected layer: value, how it came about, and for the one in hand everything else. */
export function Fields({ editor }: { editor: Editor }) {
  const { encoded, place, locked } = editor;
  const at = place.layer;
  const layer = encoded.layers[at];
  const box = useRef<HTMLDivElement>(null);
  const field = place.field === null ? '' : `${place.field.layer} ${place.field.name} ${place.field.nth}`;
  // A field that was selected by its byte comes into view; the focus stays where the person is.
  useEffect(() => {
    if (field !== '') box.current?.querySelector('.field-row.selected')?.scrollIntoView({ block: 'nearest' });
  }, [field]);
  return (
    <section className="fields" aria-label="Fields">
      <div className="fields-head">
        <h3 className="small-title" title={findProtocol(layer?.proto ?? '')?.help}>
          {layer?.label ?? 'Fields'}
        </h3>
        {locked !== null && (
          <span className="hint" title={locked}>
            Stop the run to edit.
          </span>
        )}
        <span className="pane-gap" />
        {layer && layer.optional.length > 0 && locked === null && <AddField editor={editor} at={at} />}
      </div>
      <div className="fields-box" ref={box}>
        {layer?.error != null && <p className="field-error">{layer.error}</p>}
        {layer && <Rows editor={editor} at={at} layer={layer} />}
        {layer && layer.fields.length === 0 && layer.error === null && (
          <p className="empty-line">This layer has no bytes.</p>
        )}
        {!layer && <p className="empty-line">Add a layer, take a template, or paste hex text.</p>}
        <Problems editor={editor} at={at} />
      </div>
    </section>
  );
}
