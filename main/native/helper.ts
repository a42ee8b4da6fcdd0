import { existsSync } from 'node:fs';
import { join } from 'node:path';

const FILE = 'packet-lab-helper';

/**
 * Where the lab's helper program is: beside the addon. In a package both lie outside the archive, because the kernel
 * starts files only. Null when it is not there.
 */
export function helperPath(): string | null {
  const places = [join(__dirname, 'native', FILE), join(__dirname, '..', '..', 'dist', 'native', FILE)];
  const outside = places.map((place) => place.replace(/app\.asar(?=[\\/])/, 'app.asar.unpacked'));
  return outside.find((place) => existsSync(place)) ?? null;
}
