// What this project needs of the system, and what to do about what is missing. Detection looks for files only (programs
// on PATH, libraries in the usual folders): it is cheap enough for every start and needs no package manager.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { which } from './exec.mjs';

/**
 * @typedef {'build' | 'electron' | 'display' | 'tests'} Group
 * @typedef {object} Need
 * @property {Group} group
 * @property {string} what how a person calls it
 * @property {string[]} packages Debian's names of the package, newest first; the first one that apt knows is taken
 * @property {string[]} [programs] all of these must be on PATH
 * @property {string} [soname] this shared object must be in a library folder
 * @property {string} [file] this file must exist
 */

/** @type {readonly Need[]} */
export const NEEDS = Object.freeze([
  {
    group: 'build',
    what: 'a C compiler',
    packages: ['build-essential'],
    programs: ['cc'],
    file: '/usr/include/stdio.h',
  },
  { group: 'electron', what: 'NSS', packages: ['libnss3'], soname: 'libnss3.so' },
  { group: 'electron', what: 'GTK 3', packages: ['libgtk-3-0t64', 'libgtk-3-0'], soname: 'libgtk-3.so.0' },
  { group: 'electron', what: 'ALSA', packages: ['libasound2t64', 'libasound2'], soname: 'libasound.so.2' },
  { group: 'electron', what: 'GBM', packages: ['libgbm1'], soname: 'libgbm.so.1' },
  { group: 'display', what: 'Xvfb', packages: ['xvfb'], programs: ['Xvfb'] },
  { group: 'display', what: 'xauth', packages: ['xauth'], programs: ['xauth'] },
  { group: 'tests', what: 'tshark', packages: ['tshark'], programs: ['tshark', 'capinfos'] },
  { group: 'tests', what: 'tcpdump', packages: ['tcpdump'], programs: ['tcpdump'] },
  { group: 'tests', what: 'ip', packages: ['iproute2'], programs: ['ip', 'tc'] },
  { group: 'tests', what: 'trafgen', packages: ['netsniff-ng'], programs: ['trafgen'] },
  { group: 'tests', what: 'tcpreplay', packages: ['tcpreplay'], programs: ['tcpreplay'] },
  { group: 'tests', what: 'ethtool', packages: ['ethtool'], programs: ['ethtool'] },
  { group: 'tests', what: 'groff', packages: ['groff-base'], programs: ['groff'] },
  {
    group: 'tests',
    what: 'desktop-file-validate',
    packages: ['desktop-file-utils'],
    programs: ['desktop-file-validate'],
  },
]);

/** Folders where the dynamic linker of common Linux systems looks. */
function libraryFolders() {
  const triplet = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  return [`/usr/lib/${triplet}`, `/lib/${triplet}`, '/usr/lib64', '/usr/lib', '/usr/local/lib'];
}

/**
 * @typedef {object} System what a machine has; tests pass their own
 * @property {boolean} debian has apt-get
 * @property {boolean} linux
 * @property {(program: string) => boolean} hasProgram
 * @property {(soname: string) => boolean} hasLibrary
 * @property {(file: string) => boolean} hasFile
 */

/** @returns {System} */
export function thisSystem() {
  return {
    linux: process.platform === 'linux',
    debian: process.platform === 'linux' && which('apt-get') !== null,
    hasProgram: (program) => which(program) !== null,
    hasLibrary: (library) => libraryFolders().some((folder) => existsSync(join(folder, library))),
    hasFile: existsSync,
  };
}

/**
 * Needs of these groups that this system does not meet. Libraries and headers are looked for only where we know the
 * folders (Debian and its like); elsewhere a program that starts without them says so itself.
 * @param {Group[]} groups
 * @param {System} system
 * @param {readonly Need[]} [needs]
 */
export function missingNeeds(groups, system, needs = NEEDS) {
  return needs.filter((need) => {
    if (!groups.includes(need.group)) return false;
    if (!system.linux) return need.group === 'build' && !(need.programs ?? []).every(system.hasProgram);
    if (!(need.programs ?? []).every(system.hasProgram)) return true;
    if (!system.debian) return false;
    if (need.soname !== undefined && !system.hasLibrary(need.soname)) return true;
    return need.file !== undefined && !system.hasFile(need.file);
  });
}

/**
 * @typedef {object} Person who is there to be asked, and what they may
 * @property {boolean} root
 * @property {boolean} terminal
 * @property {boolean} yes said --yes
 */

/**
 * What to do about missing needs: nothing, install them, ask first, or tell the person how.
 * @param {Need[]} missing
 * @param {System} system
 * @param {Person} person
 * @returns {'nothing' | 'install' | 'ask' | 'tell'}
 */
export function decide(missing, system, person) {
  if (missing.length === 0) return 'nothing';
  if (!system.debian || !person.root) return 'tell';
  return person.yes || !person.terminal ? 'install' : 'ask';
}

/** Names in one list: a, b and c. */
function listed(/** @type {string[]} */ names) {
  return names.length < 2
    ? names.join('')
    : `${names.slice(0, -1).join(', ')} and ${names[names.length - 1]}`;
}

/**
 * One sentence that names what is missing and the command that brings it.
 * @param {Need[]} missing
 * @param {System} system
 * @param {string[]} packages the packages' names on this system
 */
export function howToInstall(missing, system, packages) {
  const what = listed(missing.map((need) => need.what));
  const verb = missing.length === 1 ? 'is' : 'are';
  if (system.debian) {
    return `${what} ${verb} missing; install with: sudo apt-get install -y ${packages.join(' ')}`;
  }
  if (!system.linux) return `${what} ${verb} missing; install a C compiler that is called cc.`;
  return `${what} ${verb} missing; install with your system's package manager.`;
}

/** The sentence for a Node that is too old, or null. */
export function nodeProblem(/** @type {string} */ version) {
  const major = Number.parseInt(version.replace(/^v/, ''), 10);
  return major >= 20 ? null : `Packet Lab needs Node 20 or newer; this is Node ${version.replace(/^v/, '')}.`;
}
