import type { InstanceInfo } from '../../app/ipc/contract';
import { portName } from '../../app/lab/limits';
import { needsLab, PAIR_OPTION, pairOf } from '../../app/lab/pair';
import { duration, grouped } from '../../app/quantity/format';
import type { Settings } from '../../app/run/plan';
import { parseStop, type StopRule } from '../../app/run/stop';
import type { FieldProblems } from './checks';
import { roleOfDraft } from './labPreflight';

/** A duration as it was asked for: "10 s", "2 min", "500 ms". */
function howLong(ns: number): string {
  if (ns % 60e9 === 0) return `${grouped(ns / 60e9)} min`;
  if (ns % 1e9 === 0) return `${grouped(ns / 1e9)} s`;
  if (ns % 1e6 === 0) return `${grouped(ns / 1e6)} ms`;
  return duration(ns);
}

/** A run that only receives, in words: "receives on pl0b until stopped". Nothing is sent that could come to its end. */
export function receivingWords({ backend: name, options, stop: text }: Settings): string {
  const pair = options[name]?.[PAIR_OPTION.name]?.trim() || PAIR_OPTION.default;
  const where = portName(pairOf({ backend: { name, options: { pair } } }), 'b');
  const stop = parseStop(text);
  const after = stop.ok ? stop.value.after : null;
  if (after?.kind === 'count')
    return `receives on ${where} until ${grouped(after.count)} ${after.count === 1 ? 'frame has' : 'frames have'} come`;
  return `receives on ${where} ${after?.kind === 'duration' ? `for ${howLong(after.ns)}` : 'until stopped'}`;
}

/** What Run will do, in a few words: "1,000 packets on loopback", "frames.pcap once on null". */
export function intent(
  settings: Settings,
  instance: Pick<InstanceInfo, 'capture' | 'more'>,
  problems: FieldProblems,
): string {
  const stop = parseStop(settings.stop);
  const fields = Object.keys(problems);
  const waits = problems['options.pair']?.includes('no lab is open') ?? false;
  if (problems.backend?.startsWith(`${settings.backend} needs a lab.`)) return 'no lab is possible here';
  if (waits || problems.backend === needsLab(settings.backend)) return 'open a lab first';
  if (fields.length > 1) return `${fields.length} settings to mend first`;
  if (fields[0] === 'capture' && instance.capture === null) return 'open a capture first';
  if (fields[0] === 'options.file') return 'choose a file to write first';
  if (fields[0] === 'packet' || fields[0] === 'hex') return 'mend the packet first';
  if (fields.length === 1 || !stop.ok) return 'one setting to mend first';
  if (roleOfDraft(settings) === 'receive') return receivingWords(settings);
  const where = `on ${settings.backend}`;
  const first = settings.source === 'capture' ? (instance.capture?.name ?? 'the capture') : null;
  const more = instance.more.length;
  // Several streams are counted like the frames of one capture.
  const capture = more === 0 ? first : `${first ?? 'this packet'} and ${more} more`;
  const { after, until } = stop.value;
  const code = until === null ? '' : ` or the first ${until.toUpperCase()}`;
  if (until !== null && after.kind === 'never')
    return `${capture ?? 'this packet'} ${where} until the first ${until.toUpperCase()}`;
  return `${ends(after, capture, where)}${code}`;
}

function ends(after: StopRule['after'], capture: string | null, where: string): string {
  switch (after.kind) {
    case 'once':
      return capture === null ? `1 packet ${where}` : `${capture} once ${where}`;
    case 'count': {
      const packets = `${grouped(after.count)} ${after.count === 1 ? 'packet' : 'packets'}`;
      return capture === null ? `${packets} ${where}` : `${packets} of ${capture} ${where}`;
    }
    case 'duration':
      return `${capture ?? 'this packet'} ${where} for ${howLong(after.ns)}`;
    case 'never':
      return `${capture ?? 'this packet'} ${where} until Stop`;
  }
}
