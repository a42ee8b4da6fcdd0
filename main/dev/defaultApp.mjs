// The default app of a fallback runtime: what `electron DIR` runs first. It finds the folder in the arguments, takes
// name and version from its package.json, and loads its main file. It is written into resources/default_app.asar as a
// real archive: a folder of that name breaks packaging, and resources/app would hijack packaged apps.
import { writeAsar } from './asar.mjs';

/** Runs inside Electron, as CommonJS. */
const MAIN = `'use strict';
const { app } = require('electron');
const fs = require('fs');
const path = require('path');
const Module = require('module');

// Switches come before or after the folder; the first plain argument is the folder. -r and --require load a module
// first, as Playwright does when it starts the installed electron package.
function readArguments(args) {
  const modules = [];
  let folder = null;
  for (let i = 0; i < args.length && folder === null; i += 1) {
    const arg = args[i];
    if (arg === '-r' || arg === '--require') modules.push(args[(i += 1)]);
    else if (arg.startsWith('--require=')) modules.push(arg.slice('--require='.length));
    else if (!arg.startsWith('-')) folder = arg;
  }
  return { modules, folder };
}

function fail(sentence) {
  process.stderr.write('electron: ' + sentence + '\\n');
  app.exit(1);
}

const { modules, folder } = readArguments(process.argv.slice(1));
if (modules.length > 0) Module._preloadModules(modules);

if (folder === null) {
  fail('give the folder of an application as an argument');
} else {
  const root = path.resolve(folder);
  const manifestFile = path.join(root, 'package.json');
  let manifest = null;
  try {
    manifest = JSON.parse(fs.readFileSync(manifestFile, 'utf8'));
  } catch (error) {
    fail('cannot read ' + manifestFile + ': ' + error.message);
  }
  if (manifest !== null) {
    Object.defineProperty(process, 'defaultApp', { value: true, enumerable: true });
    const name = manifest.productName || manifest.name;
    if (manifest.version) app.setVersion(manifest.version);
    if (name) {
      app.setName(name);
      if (!app.commandLine.hasSwitch('user-data-dir')) app.setPath('userData', path.join(app.getPath('appData'), name));
    }
    app.setAppPath(root);
    try {
      Module._load(path.join(root, manifest.main || 'index.js'), Module, true);
    } catch (error) {
      fail('the application in ' + root + ' did not start: ' + error.stack);
    }
  }
}
`;

/** Bytes of default_app.asar. */
export function defaultAppArchive() {
  return writeAsar({
    'package.json': JSON.stringify({ name: 'electron', productName: 'Electron', main: 'main.js' }),
    'main.js': MAIN,
  });
}
