import { expect, test } from 'vitest';
import {
  AIO_CODES,
  AIO_PKT_INFO_ALIGN,
  AIO_PKT_INFO_BUF_MAX,
  AIO_PKT_INFO_FOOTPRINT,
  AIO_STRERROR,
  BACKEND_STATES,
} from '../../app/aio/codes';
import type { BackendOption } from '../../app/backend/descriptor';
import { LAB_LIMITS } from '../../app/lab/limits';
import { PAIR_OPTION, ROLE_OPTION } from '../../app/lab/pair';
import { BATCH_MAX, STREAMS_MAX } from '../../app/run/plan';
import { CALLS_KEPT } from '../../app/stats/calls';
import { FRAME_BYTES_KEPT, FRAMES_KEPT } from '../../app/stats/received';
import { BACKENDS } from '../../main/backends/table';
import { type NativeOptionTable, nativeAddon } from '../../main/native/addon';

const core = nativeAddon().tables();

test('codes, sentences and constants are those of the compiled core', () => {
  expect({ success: core.success, inval: core.inval, again: core.again }).toEqual({ ...AIO_CODES });
  expect({ success: core.strSuccess, inval: core.strInval, again: core.strAgain }).toEqual({
    ...AIO_STRERROR,
  });
  expect([core.bufMax, core.align, core.footprint]).toEqual([
    AIO_PKT_INFO_BUF_MAX,
    AIO_PKT_INFO_ALIGN,
    AIO_PKT_INFO_FOOTPRINT,
  ]);
  expect(core.batchMax).toBe(BATCH_MAX);
  expect(core.calls).toBe(CALLS_KEPT);
  expect(core.lab ?? LAB_LIMITS).toEqual(LAB_LIMITS); // without Linux there is none
  expect([core.frames, core.frameMax, core.streams]).toEqual([FRAMES_KEPT, FRAME_BYTES_KEPT, STREAMS_MAX]);
  expect(core.states).toEqual([...BACKEND_STATES]);
});

test('backends come in the same order with the same capabilities', () => {
  expect(core.backends.map(({ name, peer, mtu, device }) => ({ name, peer, mtu, device }))).toEqual(
    BACKENDS.map(({ name, capabilities }) => ({ name, ...capabilities })),
  );
});

/** A TypeScript option as the core would describe it. */
function asNative(option: BackendOption): NativeOptionTable {
  const { name, kind } = option;
  switch (option.kind) {
    case 'whole':
    case 'bytes':
      return {
        name,
        kind,
        min: option.min,
        max: option.max,
        default: option.default,
        required: false,
        words: [],
      };
    case 'rate':
      return {
        name,
        kind,
        min: 0,
        max: option.max,
        default: option.default ?? Infinity,
        required: false,
        words: [],
      };
    case 'probability':
      return { name, kind, min: 0, max: 1, default: option.default, required: false, words: [] };
    case 'duration':
      return { name, kind, min: 0, max: option.maxNs, default: option.defaultNs, required: false, words: [] };
    case 'output':
      return { name, kind, min: 0, max: 0, default: 0, required: option.required, words: [] };
    case 'instance':
      return { name, kind, min: 0, max: 0, default: 0, required: false, words: [] };
    case 'choice':
      return {
        name,
        kind,
        min: 0,
        max: option.words.length - 1,
        default: option.words.indexOf(option.default),
        required: false,
        words: option.words,
      };
  }
}

test.each(BACKENDS.map((backend) => [backend.name, backend] as const))('options of %s', (name, backend) => {
  const native = core.backends.find((b) => b.name === name);
  // Which pair is the lab's to know.
  const own = backend.options.filter(
    ({ name: option }) => ![PAIR_OPTION.name, ROLE_OPTION.name].includes(option),
  );
  expect(native?.options).toEqual(own.map(asNative));
});
