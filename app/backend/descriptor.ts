import { z } from 'zod';
import {
  clip,
  group,
  type Parsed,
  parseByteSize,
  parseDurationNs,
  parsed,
  parseNumber,
  refused,
} from '../quantity/parse';

/**
 * Backends as data: what the command line lists, the window draws and the native
 * core is configured with. The tables themselves live in `main/backends`, one file each.
 */

const optionBase = {
  name: z.string(),
  /** One line: what it is, with its unit. */
  help: z.string(),
};

export const backendOptionSchema = z.discriminatedUnion('kind', [
  z.object({
    ...optionBase,
    kind: z.literal('whole'),
    min: z.number(),
    max: z.number(),
    default: z.number(),
  }),
  /** Packets per second, or the word `max`; the native value of `max` is null. */
  z.object({ ...optionBase, kind: z.literal('rate'), max: z.number(), default: z.number().nullable() }),
  z.object({ ...optionBase, kind: z.literal('probability'), default: z.number() }),
  /** A byte size; k, M and G are binary (1G = 2^30). */
  z.object({
    ...optionBase,
    kind: z.literal('bytes'),
    min: z.number(),
    max: z.number(),
    default: z.number(),
  }),
  z.object({ ...optionBase, kind: z.literal('duration'), maxNs: z.number(), defaultNs: z.number() }),
  /** A file to write; required where `required` is set. */
  z.object({ ...optionBase, kind: z.literal('output'), required: z.boolean() }),
  /** The id of another instance, or nothing. */
  z.object({ ...optionBase, kind: z.literal('instance') }),
  /** One of a few words. */
  z.object({ ...optionBase, kind: z.literal('choice'), words: z.array(z.string()), default: z.string() }),
]);
export type BackendOption = z.infer<typeof backendOptionSchema>;

export const backendDescriptorSchema = z.object({
  name: z.string(),
  summary: z.string(),
  /** What `flush` does here, one sentence. */
  flush: z.string(),
  /** What `completed` counts here, one sentence. */
  completed: z.string(),
  options: z.array(backendOptionSchema),
  capabilities: z.object({
    /** Has a far end that counts received packets (and can write `--peer-out`). */
    peer: z.boolean(),
    /** Refuses buffers over 4096 B and, with `mtu`, frames over MTU + 14 (+ 4 with a VLAN tag). */
    mtu: z.boolean(),
    /** Whether it sends on an interface of a lab: never, when it is given one, or always. */
    device: z.enum(['none', 'optional', 'needed']),
  }),
  /** Null when the backend can be used; else one sentence saying why not and how to get it. */
  unavailable: z.string().nullable(),
});
export type BackendDescriptor = z.infer<typeof backendDescriptorSchema>;

/** A checked option value as the native core takes it. */
export type OptionValue = number | string | null;

/** Parses one option as typed. The sentence names backend, option and range. */
export function parseOption(backend: string, option: BackendOption, text: string): Parsed<OptionValue> {
  const where = `${backend} option ${option.name}`;
  const not = `“${clip(text)}” is not`;
  switch (option.kind) {
    case 'whole': {
      const value = parseNumber(text.trim());
      if (value === null || !Number.isInteger(value) || value < option.min || value > option.max) {
        return refused(
          `${where} is a whole number from ${group(option.min)} to ${group(option.max)}; ${not}.`,
        );
      }
      return parsed(value);
    }
    case 'bytes': {
      const value = parseByteSize(text.trim());
      if (value === null || !Number.isInteger(value) || value < option.min || value > option.max) {
        return refused(
          `${where} is a size in bytes from ${group(option.min)} to ${group(option.max)} (k, M, G allowed); ${not}.`,
        );
      }
      return parsed(value);
    }
    case 'rate': {
      if (text.trim() === 'max') return parsed(null);
      const value = parseNumber(text.trim().replace(/\s*pps$/, ''));
      if (value === null || value > option.max) {
        return refused(`${where} is max, or packets per second from 0 to ${group(option.max)}; ${not}.`);
      }
      return parsed(value);
    }
    case 'probability': {
      const value = parseNumber(text.trim());
      if (value === null || value > 1) return refused(`${where} is a share from 0 to 1; ${not}.`);
      return parsed(value);
    }
    case 'duration': {
      const ns = text.trim() === '0' ? 0 : parseDurationNs(text);
      if (ns === null || ns > option.maxNs) {
        return refused(`${where} is a time from 0 to ${option.maxNs / 1e9}s such as 10ms; ${not}.`);
      }
      return parsed(ns);
    }
    case 'output': {
      if (text.length === 0 || text.includes('\0'))
        return refused(`${where} needs the name of a file to write.`);
      return parsed(text);
    }
    case 'instance': {
      const id = text.trim().toUpperCase();
      if (id === '') return parsed(null);
      if (!/^[A-Z]{1,3}$/.test(id)) return refused(`${where} is the letter of another instance; ${not}.`);
      return parsed(id);
    }
    case 'choice': {
      const word = option.words.find((one) => one === text.trim());
      return word === undefined ? refused(`${where} is ${option.words.join(' or ')}; ${not}.`) : parsed(word);
    }
  }
}

/** The default as `parseOption` takes it; empty for a required output. */
export function defaultText(option: BackendOption): string {
  switch (option.kind) {
    case 'whole':
    case 'probability':
    case 'choice':
      return String(option.default);
    case 'bytes':
      if (option.default > 0 && option.default % 2 ** 30 === 0) return `${option.default / 2 ** 30}G`;
      if (option.default > 0 && option.default % 2 ** 20 === 0) return `${option.default / 2 ** 20}M`;
      return String(option.default);
    case 'rate':
      return option.default === null ? 'max' : String(option.default);
    case 'duration':
      return option.defaultNs === 0 ? '0' : `${option.defaultNs / 1e6}ms`;
    case 'output':
    case 'instance':
      return '';
  }
}

/**
 * Checks all options of a backend at once: unknown names are refused with the known ones,
 * missing ones get their default. Values come out in the table's order.
 */
export function parseOptions(
  backend: Pick<BackendDescriptor, 'name' | 'options'>,
  given: Readonly<Record<string, string>>,
): Parsed<Record<string, OptionValue>> {
  const known = new Set(backend.options.map((o) => o.name));
  for (const name of Object.keys(given)) {
    if (known.has(name)) continue;
    const names = [...known].join(', ');
    return refused(
      known.size > 0
        ? `${backend.name} has no option “${clip(name)}”; it knows ${names}.`
        : `${backend.name} has no options; “${clip(name)}” is not known.`,
    );
  }
  const values: Record<string, OptionValue> = {};
  for (const option of backend.options) {
    const text = Object.hasOwn(given, option.name) ? given[option.name] : undefined;
    if (text === undefined && option.kind === 'output') {
      if (option.required) {
        return refused(`${backend.name} needs option ${option.name}: ${option.help}`);
      }
      continue;
    }
    const value = parseOption(backend.name, option, text ?? defaultText(option));
    if (!value.ok) return value;
    if (option.kind === 'instance' && value.value === null) continue;
    values[option.name] = value.value;
  }
  return parsed(values);
}
