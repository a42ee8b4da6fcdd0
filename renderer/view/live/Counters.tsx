import type { ClipboardEvent } from 'react';
import type { BackendDescriptor } from '../../../app/backend/descriptor';
import type { InstanceInfo } from '../../../app/ipc/contract';
import { grouped, si } from '../../../app/quantity/format';
import type { Settings } from '../../../app/run/plan';
import type { Snapshot } from '../../../app/stats/snapshot';
import { uncounted } from '../../store/labPreflight';
import { useBackend, useLive } from '../session';

interface Tile {
  readonly name: string;
  readonly key: string;
  readonly value: number | null | undefined;
  readonly means: string;
  readonly tone?: string;
  /** What is counted; packets where it is not said. */
  readonly unit?: string;
}

/** The tiles of a run that sends nothing: what came, and what is missing of it. */
function receiverTiles(s: Snapshot | undefined): readonly Tile[] {
  const signed = s?.signature?.streams;
  const sum = (of: 'lost' | 'reordered' | 'duplicated') =>
    signed?.reduce((total, stream) => total + stream[of], 0);
  const needs = 'By the signatures of the packets, of all streams together; – with Signature off.';
  return [
    { name: 'Received', key: 'received', value: s?.received, means: 'Frames that came.', unit: 'frames' },
    {
      name: 'Bytes',
      key: 'receivedBytes',
      value: s?.receivedBytes,
      means: 'Bytes of these frames.',
      unit: 'B',
    },
    {
      name: 'Lost here',
      key: 'receiverLoss',
      value: s?.receiverLoss,
      means: 'Frames that came and were lost by this receiver itself: its ring was full.',
      tone: 'inval',
      unit: 'frames',
    },
    {
      name: 'Lost',
      key: 'lost',
      value: sum('lost'),
      means: `Sent and not received. ${needs}`,
      tone: 'inval',
    },
    {
      name: 'Reordered',
      key: 'reordered',
      value: sum('reordered'),
      means: `Received behind a later one. ${needs}`,
    },
    {
      name: 'Duplicated',
      key: 'duplicated',
      value: sum('duplicated'),
      means: `Received once more. ${needs}`,
    },
  ];
}

function tilesOf(
  s: Snapshot | undefined,
  backend: BackendDescriptor | undefined,
  nobody: string | null,
): readonly Tile[] {
  return [
    {
      name: 'Offered',
      key: 'offered',
      value: s?.offered,
      means: 'Packets whose answer is final: taken + refused + unexamined.',
    },
    {
      name: 'Taken',
      key: 'taken',
      value: s?.taken,
      means: 'Packets the backend accepted. Accepted is not yet delivered.',
    },
    { name: 'Refused', key: 'refused', value: s?.refused, means: 'Packets refused for good.', tone: 'inval' },
    {
      name: 'Unexamined',
      key: 'unexamined',
      value: s?.unexamined,
      means: 'Packets behind a refused one that no call looked at before the run ended.',
      tone: 'hatch',
    },
    {
      name: 'Completed',
      key: 'completed',
      value: s?.completed,
      means: backend?.completed ?? 'Packets the backend is done with.',
    },
    {
      name: 'Received',
      key: 'received',
      value: s?.received,
      means: nobody ?? 'Packets the far end counted.',
    },
  ];
}

/** Copies the exact number although three digits are shown. */
function copyExact(value: number) {
  return (event: ClipboardEvent) => {
    event.clipboardData.setData('text/plain', String(value));
    event.preventDefault();
  };
}

function TileBox({ tile }: { tile: Tile }) {
  const { value } = tile;
  const known = typeof value === 'number';
  const tone = tile.tone !== undefined && known && value > 0 ? `tile tone-edge-${tile.tone}` : 'tile';
  return (
    <div
      className={tone}
      data-figure={tile.key}
      data-value={known ? value : ''}
      title={known ? `${grouped(value)} ${tile.unit ?? 'packets'}. ${tile.means}` : tile.means}
    >
      <dt>{tile.name}</dt>
      <dd className="tile-figure" onCopy={known ? copyExact(value) : undefined}>
        {known ? (value < 1000 ? grouped(value) : si(value)) : '–'}
      </dd>
      <dd className="tile-exact">{known && value >= 1000 ? grouped(value) : '\u00a0'}</dd>
    </div>
  );
}

interface Minor {
  readonly name: string;
  readonly key: string;
  readonly value: number | undefined;
  readonly means: string;
  /** It may be more: what is known is a lower bound. */
  readonly atLeast?: boolean;
}

function minorsOf(s: Snapshot | undefined, backend: BackendDescriptor | undefined): readonly Minor[] {
  const list: Minor[] = [
    {
      name: 'Pending',
      key: 'pending',
      value: s?.pending,
      means: 'Packets offered whose answer is not final yet.',
    },
    {
      name: 'Retried',
      key: 'retried',
      value: s?.retried,
      means: 'Times a packet was offered again after AGAIN.',
    },
    { name: 'In flight', key: 'inFlight', value: s?.inFlight, means: 'Taken and not yet completed.' },
    { name: 'Flushes', key: 'flushes', value: s?.flushes, means: 'Sends that asked for a flush.' },
    { name: 'Kicks', key: 'kicks', value: s?.kicks, means: 'System calls made to move packets.' },
  ];
  if (backend?.options.some((o) => o.kind === 'output')) {
    list.push({
      name: 'Not written',
      key: 'notWritten',
      value: s?.notWritten,
      means: 'Taken, but not in the file.',
    });
  }
  // Rare ones appear when they have something to say.
  const rare: readonly Minor[] = [
    {
      name: 'Late errors',
      key: 'lateErrors',
      value: s?.lateErrors,
      means: 'Errors the system reported about earlier packets; they stay taken.',
    },
    {
      name: 'No carrier',
      key: 'noCarrier',
      value: s?.noCarrier,
      means:
        'At least so many were accepted while the peer was down, and lost: the kernel does not tell of each.',
      atLeast: true,
    },
    {
      name: 'Lost here',
      key: 'receiverLoss',
      value: s?.receiverLoss,
      means: 'Arrived and lost by the receiver itself: its ring was full.',
    },
    {
      name: 'Not captured',
      key: 'notCaptured',
      value: s?.notCaptured,
      means: 'Frames not recorded since capturing stopped.',
    },
    {
      name: 'Cut',
      key: 'truncated',
      value: s?.truncated,
      means: 'Frames the capture had cut by its snap length.',
    },
  ];
  return [...list, ...rare.filter((m) => (m.value ?? 0) > 0)];
}

function receiverMinors(s: Snapshot | undefined): readonly Minor[] {
  const signed = s?.signature;
  return [
    {
      name: 'Unsigned',
      key: 'unsigned',
      value: signed?.unsigned,
      means: 'Frames without a signature; – with Signature off.',
    },
    { name: 'Streams', key: 'streams', value: signed?.streams.length, means: 'Signed streams that came.' },
    {
      name: 'Not captured',
      key: 'notCaptured',
      value: s?.notCaptured,
      means: 'Frames not recorded since capturing stopped.',
    },
  ];
}

/** The six numbers that tell offered from accepted from delivered, or what was received from what is missing; the smaller ones beside them. */
export function Counters(props: { instance: InstanceInfo; settings: Settings; receivesOnly: boolean }) {
  const { instance, settings, receivesOnly } = props;
  const snapshot = useLive(instance.id)?.snapshot;
  const backend = useBackend(instance.ranOn ?? instance.settings.backend);
  const nobody = backend && snapshot?.received == null ? uncounted(settings, backend) : null;
  return (
    <section className="counters" aria-label="Counters">
      <dl className="tiles">
        {(receivesOnly ? receiverTiles(snapshot) : tilesOf(snapshot, backend, nobody)).map((tile) => (
          <TileBox key={tile.key} tile={tile} />
        ))}
      </dl>
      <div className="minors">
        <dl className="minor-list">
          {(receivesOnly ? receiverMinors(snapshot) : minorsOf(snapshot, backend)).map((m) => (
            <div
              key={m.key}
              className="minor"
              data-figure={m.key}
              data-value={m.value ?? ''}
              title={
                m.value === undefined
                  ? m.means
                  : `${m.atLeast ? 'At least ' : ''}${grouped(m.value)}. ${m.means}`
              }
            >
              <dt className="minor-name">{m.name}</dt>
              <dd className="minor-value" onCopy={m.value === undefined ? undefined : copyExact(m.value)}>
                {m.atLeast && (
                  <>
                    <span aria-hidden="true">≥ </span>
                    <span className="visually-hidden">at least </span>
                  </>
                )}
                {m.value === undefined ? '–' : m.value < 10_000 ? grouped(m.value) : si(m.value)}
              </dd>
            </div>
          ))}
        </dl>
      </div>
    </section>
  );
}
