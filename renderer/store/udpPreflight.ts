import { decode } from '../../app/packet/decode';
import { setField } from '../../app/packet/edit';
import type { FieldValue, FrameSpec } from '../../app/packet/spec';
import { grouped } from '../../app/quantity/format';
import type { PreflightLine } from './preflight';

/** What the udp backend does with a packet; `native/src/backend/udp_frame.c` reads it the same way. */

const LINK = /^(eth|vlan|ieee8021ad)$/;
/** IPv6 extension headers it steps over. */
const SKIPPED = /^ipv6\.(hopopts|routing|dstopts)$/;

interface Layer {
  readonly proto: string;
  readonly offset: number;
  readonly fields: Readonly<Record<string, FieldValue>>;
}

function refusal(why: string): PreflightLine {
  return { level: 'warning', text: `${why}: udp answers INVAL.` };
}

function number(layer: Layer, name: string): number {
  const value = layer.fields[name];
  return typeof value === 'number' ? value : 0;
}

/** Why the datagram in these layers can't be sent as one, or null. */
function wrongDatagram(net: Layer, udp: Layer | undefined, end: number): string | null {
  const fragment =
    net.proto === 'ip' && (number(net, 'ip.frag_offset') > 0 || number(net, 'ip.flags') % 2 === 1);
  if (fragment || udp?.proto === 'ipv6.fraghdr') return 'A fragment is no whole datagram';
  if (udp?.proto !== 'udp') return 'There is no UDP datagram in this packet';
  const length = number(udp, 'udp.length');
  if (length < 8 || udp.offset + length > end) {
    return `udp.length says ${grouped(length)} B and ${grouped(end - udp.offset)} B are there`;
  }
  return null;
}

/** `pair` is that of the lab, whose addresses are taken, too; null where there is none. */
export function udpLines(spec: FrameSpec, bytes: Uint8Array, pair: number | null = null): PreflightLine[] {
  const layers: readonly Layer[] = decode(bytes).layers;
  const at = layers.findIndex(({ proto }) => !LINK.test(proto));
  const net = layers[at];
  if (bytes.length < 14 || !net || (net.proto !== 'ip' && net.proto !== 'ipv6')) {
    return [refusal('There is no UDP datagram in this packet')];
  }
  const six = net.proto === 'ipv6';
  const udp = layers.slice(at + 1).find(({ proto }) => !SKIPPED.test(proto));
  const end = net.offset + (six ? 40 + number(net, 'ipv6.plen') : number(net, 'ip.len'));
  if (end > bytes.length) return [refusal(`${net.proto} says ${grouped(end)} B and the packet ends before`)];
  const wrong = wrongDatagram(net, udp, end);
  if (wrong !== null || !udp) return [refusal(wrong ?? '')];
  const name = six ? 'ipv6.dst' : 'ip.dst';
  const to = String(net.fields[name]);
  const own = pair === null ? [] : [1, 2].map((end) => `198.18.${pair}.${end}`);
  if (six ? to !== '::1' : !to.startsWith('127.') && !own.includes(to)) {
    const local = six ? '::1' : (own[1] ?? '127.0.0.1');
    const layer = spec.layers.findIndex(({ proto }) => proto === net.proto);
    const packet = setField(spec, { layer, name, nth: 0 }, local);
    return [
      {
        ...refusal(
          pair === null
            ? `${to} is no loopback address`
            : `${to} is no address of pair ${pair} nor of loopback`,
        ),
        fix: { label: `Use ${local}`, packet },
      },
    ];
  }
  const payload = number(udp, 'udp.length') - 8;
  return [
    {
      level: 'good',
      text: `Sends ${grouped(payload)} B to ${six ? `[${to}]` : to}, port ${number(udp, 'udp.dstport')}.`,
    },
    {
      level: 'note',
      text: 'MAC addresses, source address and port, TTL and checksums of this packet are not used: the kernel makes them.',
    },
  ];
}
