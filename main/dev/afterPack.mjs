// Called by electron-builder when the unpacked folder is complete (afterPack in electron-builder.yml).
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

/** The runtime's default app is for starting it without a package. */
export async function afterPack(/** @type {{ appOutDir: string }} */ context) {
  await rm(join(context.appOutDir, 'resources', 'default_app.asar'), { force: true });
}
