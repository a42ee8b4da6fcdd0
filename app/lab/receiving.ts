import { attached, command, inWindow, mtu, napi, withAction, word } from './ends';
import type { PlaceFacts } from './facts';
import { type Finding, ok, problem } from './finding';

/** What is found at a pair by who only receives there, at its end b, what another instance sends from end a. */
export function atReceiver(place: PlaceFacts & { kind: 'lab' }): Finding[] {
  const { sender, peer: own, names } = place;
  const by = place.enter ?? { sender: null, peer: null };
  if (!own)
    return [
      problem(
        'interface',
        `${names.peer} is not there: the pair was deleted from the lab, and its runs have ended.`,
        null,
        inWindow(place, 'b', { what: 'create' }),
      ),
    ];
  const other = sender?.name ?? names.sender;
  // An interface that is down has no carrier; that is told alone.
  const carrier = own.carrier
    ? ok('carrier', `${own.name} has a carrier.`)
    : problem(
        'carrier',
        `${own.name} has no carrier because its other end ${other} is down, so nothing arrives.`,
        command(by.sender, `ip link set dev ${word(other)} up`),
        inWindow(place, 'a', { what: 'link', up: true }),
      );
  const link = own.up
    ? ok('link', `${own.name} is up.`)
    : problem(
        'link',
        `${own.name} is down, so nothing arrives.`,
        command(by.peer, `ip link set dev ${word(own.name)} up`),
        inWindow(place, 'b', { what: 'link', up: true }),
      );
  const less = sender !== null && own.mtu < sender.mtu;
  const size = less
    ? withAction(mtu(sender, own, by.peer), inWindow(place, 'b', { what: 'mtu', mtu: sender.mtu }))
    : mtu(own, null, by.peer);
  const { details } = own;
  return [
    ok('interface', `${own.name} is there, an interface of a private lab.`),
    link,
    own.up ? carrier : null,
    size,
    details?.xdpAttached ? attached(own.name, by.peer) : null,
    details && napi(own.name, details, null),
  ].filter((finding) => finding !== null);
}
