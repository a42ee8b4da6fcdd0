import { useMemo } from 'react';
import { useStore } from 'zustand';
import type { InstanceInfo } from '../../../app/ipc/contract';
import type { Encoded } from '../../../app/packet/encode';
import type { FrameSpec } from '../../../app/packet/spec';
import type { Settings } from '../../../app/run/plan';
import { type Craft, craftedOf, type Place, START } from '../../store/craft';
import { isBusy } from '../../store/lab';
import { useSession } from '../session';

/** The packet of an instance as its panes show and change it. */
export interface Editor {
  readonly id: string;
  readonly spec: FrameSpec;
  readonly encoded: Encoded;
  readonly place: Place;
  /** Why nothing can be changed now, or null. */
  readonly locked: string | null;
  readonly craft: Craft;
  change(packet: FrameSpec, what: string): void;
}

export const LOCKED = 'Stop the run to change the packet.';

export function useEditor(instance: InstanceInfo, settings: Settings): Editor {
  const { craft } = useSession();
  const { id } = instance;
  const { hex, packet } = settings;
  const crafted = useMemo(() => craftedOf({ hex, packet }), [hex, packet]);
  const place = useStore(craft.store, (places) => places[id] ?? START);
  const layer = Math.min(place.layer, crafted.encoded.layers.length - 1);
  const locked = isBusy(instance) ? LOCKED : null;
  return {
    id,
    ...crafted,
    place: layer === place.layer ? place : { layer, field: null, byte: null },
    locked,
    craft,
    change(next, what) {
      if (locked === null) craft.change(id, next, what);
    },
  };
}
