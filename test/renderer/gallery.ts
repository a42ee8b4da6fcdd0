import type { Settings } from '../../app/run/plan';
import { FAKE_CAPTURE, FakeLab } from './fakeLab';

/**
 * The page on the fake lab, for looking at it without Electron: `gallery.html?scene=again&theme=light`.
 * Not part of the product: nothing of it is bundled.
 */

const SCENES: Readonly<Record<string, Partial<Settings>>> = {
  idle: {},
  running: { rate: '100kpps', stop: 'never' },
  max: { stop: 'never' },
  again: { stop: 'never', options: { loopback: { ring: '64', drain: '250000' } } },
  inval: { stop: 'never', rate: '10kpps', options: { loopback: { mtu: '40' } } },
  fault: { stop: 'never', rate: '50kpps' },
  many: { stop: 'never', rate: '1Mpps' },
  capture: { source: 'capture', backend: 'null', stop: 'once' },
  stages: { stop: 'never', rate: '100kpps', faultOn: true, fault: { drop: '0.01' }, teeOn: true },
  file: { backend: 'pcapng', stop: '1,000 packets' },
  done: { stop: '1,000 packets', rate: '10kpps' },
  wrong: { rate: 'fast', batch: '0', hex: '02 00 0g', options: { loopback: { ring: '1' } } },
};

declare global {
  interface Window {
    fakeLab: FakeLab;
  }
}

const query = new URLSearchParams(location.search);
const scene = query.get('scene') ?? 'idle';
const theme = query.get('theme');
if (theme !== null) localStorage.setItem('packet-lab.screen', JSON.stringify({ theme }));

const lab = new FakeLab(SCENES[scene] ?? {});
if (scene === 'capture') lab.instances = lab.instances.map((i) => ({ ...i, capture: FAKE_CAPTURE }));
if (scene === 'many') {
  lab.add({ backend: 'null', stop: 'never' });
  lab.add({ backend: 'pcapng', rate: '10kpps' });
}
Object.defineProperty(window, 'packetLab', {
  value: { post: lab.post.bind(lab), listen: lab.listen.bind(lab) },
});
window.fakeLab = lab;

const started = !['idle', 'capture', 'file', 'wrong'].includes(scene);
if (started) lab.start('A');
if (scene === 'many') lab.start('B');
if (scene === 'again')
  lab.note('warning', 'A', 'AGAIN first seen at call 412, index 32: ring full (64 slots).');
// Time that passed before the page came: as after a reload.
const past = Number(query.get('past') ?? '0');
for (let t = 0; t < past; t += 0.1) lab.tick();
setInterval(() => lab.tick(), 100);
if (scene === 'fault') {
  setTimeout(
    () =>
      lab.fail('A', {
        state: 'failed',
        step: 'write',
        errno: 28,
        sentence: 'Writing the peer capture failed: no space left on the device.',
      }),
    2500,
  );
}
void import('../../renderer/main');
