/** Unsigned big-endian numbers of 1 to 32 bits at any bit offset. */

export function getBits(bytes: Uint8Array, at: number, bits: number): number {
  let value = 0;
  if (((at | bits) & 7) === 0) {
    for (let i = at >> 3, end = (at + bits) >> 3; i < end; i++) value = value * 256 + (bytes[i] ?? 0);
    return value;
  }
  for (let left = bits, bit = at; left > 0; ) {
    const room = 8 - (bit & 7);
    const take = Math.min(room, left);
    const byte = bytes[bit >> 3] ?? 0;
    value = value * 2 ** take + ((byte >> (room - take)) & ((1 << take) - 1));
    bit += take;
    left -= take;
  }
  return value;
}

export function setBits(bytes: Uint8Array, at: number, bits: number, value: number): void {
  let rest = value;
  for (let left = bits, end = at + bits; left > 0; ) {
    const free = end & 7 || 8;
    const take = Math.min(free, left);
    const index = (end - 1) >> 3;
    const shift = 8 - free;
    const mask = ((1 << take) - 1) << shift;
    bytes[index] = ((bytes[index] ?? 0) & ~mask) | ((rest % 2 ** take) << shift);
    rest = Math.floor(rest / 2 ** take);
    end -= take;
    left -= take;
  }
}
