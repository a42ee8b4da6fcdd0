import type { CaptureInfo, InstanceInfo } from '../../../app/ipc/contract';
import { duration, grouped, si } from '../../../app/quantity/format';
import { FrameList } from './FrameList';

/** "12,480 frames · 93.4 s · 4.02 MB · pcapng". */
function summary(c: CaptureInfo): string {
  const frames = `${grouped(c.frames)} ${c.frames === 1 ? 'frame' : 'frames'}`;
  return [frames, duration(c.seconds * 1e9), si(c.bytes, 'B'), c.format].join(' · ');
}

export function CaptureSource({ instance }: { instance: InstanceInfo }) {
  const c = instance.capture;
  if (c === null) {
    return (
      <div className="empty-state">
        <p>{instance.captureNote ?? 'No capture is open.'}</p>
        <p className="hint">
          Open a pcap or pcapng file (Ctrl+O): its Ethernet frames are sent as they are, byte for byte.
        </p>
      </div>
    );
  }
  const words = summary(c);
  return (
    <div className="capture">
      <p className="capture-summary" title={`${c.name}: ${words}`}>
        <b>{c.name}</b> <span>{words}</span>
      </p>
      {c.problem !== null && <p className="field-warning">{c.problem}</p>}
      {c.listed > 0 ? (
        <FrameList key={`${c.name}-${c.fileBytes}-${c.frames}`} instance={instance} capture={c} />
      ) : (
        <p className="empty-line">This capture holds no frames.</p>
      )}
      {c.listed < c.frames && (
        <p className="hint list-foot">
          The list shows the first {grouped(c.listed)} of {grouped(c.frames)} frames; a run sends them all.
        </p>
      )}
    </div>
  );
}
