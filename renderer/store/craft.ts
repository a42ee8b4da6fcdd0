import { createStore, type StoreApi } from 'zustand/vanilla';
import type { FieldPath } from '../../app/packet/edit';
import { fieldAt, hexTextOf, packetBehind, packetOf, pathOf } from '../../app/packet/editBytes';
import { type Encoded, encode } from '../../app/packet/encode';
import { formatHex, parseHex } from '../../app/packet/hex';
import type { FrameSpec } from '../../app/packet/spec';
import { grouped } from '../../app/quantity/format';
import type { Settings } from '../../app/run/plan';
import type { Draft } from './draft';

/** Crafting a packet: which layer, field and byte a person is at, and the edits of the packet. */

/** Where a person is in a packet. */
export interface Place {
  /** −1 when the packet has no layer. */
  readonly layer: number;
  readonly field: FieldPath | null;
  /** The byte under the cursor of the dump; null before one was touched. */
  readonly byte: number | null;
}

export interface Craft {
  /** Places by instance. */
  readonly store: StoreApi<Readonly<Record<string, Place>>>;
  selectLayer(id: string, layer: number): void;
  /** Selects a field; its bytes light. */
  selectField(id: string, encoded: Encoded, field: FieldPath): void;
  /** Moves the cursor to a byte; the field it belongs to is selected. */
  selectByte(id: string, encoded: Encoded, byte: number): void;
  /** Selects the first field whose value can't be encoded. */
  selectWrong(id: string): void;
  /** Puts an edited packet in the draft; `what` names the thing that was edited, for undoing. */
  change(id: string, packet: FrameSpec, what: string): void;
  /** Takes hex text as it was typed or pasted. */
  typeHex(id: string, hex: string): void;
  /** Makes bytes the packet, as an edit of its own. */
  takeBytes(id: string, bytes: Uint8Array): void;
}

export const START: Place = { layer: 0, field: null, byte: null };

/** The packet of a draft with its bytes and the place of every field. */
export interface Crafted {
  readonly spec: FrameSpec;
  readonly encoded: Encoded;
}

export function craftedOf({ hex, packet }: Pick<Settings, 'hex' | 'packet'>): Crafted {
  const spec = packetBehind(hex, packet);
  return { spec, encoded: encode(spec) };
}

/** The view of a field at a path; undefined when the packet has it no more. */
export function viewAt(encoded: Encoded, path: FieldPath | null) {
  if (path === null) return undefined;
  return encoded.layers[path.layer]?.fields.filter(({ name }) => name === path.name)[path.nth];
}

/** The bytes [first, end) a field lies in; null when it takes none. */
export function bytesOf(encoded: Encoded, path: FieldPath | null): { first: number; end: number } | null {
  const view = viewAt(encoded, path);
  if (!view || view.bitLength === 0) return null;
  return {
    first: Math.floor(view.bitOffset / 8),
    end: Math.ceil((view.bitOffset + view.bitLength) / 8),
  };
}

/** The longest frame whose hex text a draft holds, in bytes: three characters each. */
const FRAME_MAX = 21_845;

/** Why a frame can't become the packet, or null. */
export function frameTooLong(bytes: Uint8Array): string | null {
  return bytes.length <= FRAME_MAX
    ? null
    : `This frame has ${grouped(bytes.length)} B; one of up to ${grouped(FRAME_MAX)} B can be edited. The packet is kept.`;
}

export function createCraft(draft: Draft): Craft {
  const store = createStore<Readonly<Record<string, Place>>>(() => ({}));
  const put = (id: string, place: Place) => store.setState({ [id]: place });
  return {
    store,
    selectLayer: (id, layer) => put(id, { layer, field: null, byte: null }),
    selectField(id, encoded, field) {
      put(id, { layer: field.layer, field, byte: bytesOf(encoded, field)?.first ?? null });
    },
    selectByte(id, encoded, byte) {
      const at = fieldAt(encoded, byte);
      const field = at === null ? null : pathOf(encoded, at.layer, at.field);
      put(id, { layer: at?.layer ?? -1, field, byte });
    },
    selectWrong(id) {
      const settings = draft.store.getState().settings[id];
      if (!settings) return;
      const { encoded } = craftedOf(settings);
      for (const [layer, { fields }] of encoded.layers.entries()) {
        const field = fields.findIndex(({ error }) => error !== null);
        const path = pathOf(encoded, layer, field);
        if (path) put(id, { layer, field: path, byte: null });
      }
    },
    change(id, packet, what) {
      draft.edit(id, { packet, hex: hexTextOf(packet) }, `packet ${what}`);
    },
    typeHex(id, hex) {
      const before = draft.store.getState().settings[id];
      if (!before) return;
      const packet = parseHex(hex).ok ? packetBehind(hex, before.packet) : before.packet;
      draft.edit(id, { hex, packet }, 'hex');
    },
    takeBytes(id, bytes) {
      draft.edit(id, { source: 'hex', hex: formatHex(bytes), packet: packetOf(bytes) }, 'bytes');
      put(id, START);
    },
  };
}
