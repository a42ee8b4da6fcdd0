import { describe, expect, test } from 'vitest';
import {
  decide,
  howToInstall,
  missingNeeds,
  NEEDS,
  nodeProblem,
  type System,
} from '../../main/dev/needs.mjs';
import { lockMatches } from '../../main/dev/provision.mjs';

const everything: System = {
  debian: true,
  linux: true,
  hasProgram: () => true,
  hasLibrary: () => true,
  hasFile: () => true,
};
const bare: System = {
  ...everything,
  hasProgram: () => false,
  hasLibrary: () => false,
  hasFile: () => false,
};

/** Names of what is missing. */
function names(...args: Parameters<typeof missingNeeds>): string[] {
  return missingNeeds(...args).map((need) => need.what);
}

describe('what is missing', () => {
  test('is nothing where everything is', () => {
    expect(names(['build', 'electron', 'display', 'tests'], everything)).toEqual([]);
  });
  test('is told by group', () => {
    expect(names(['build'], bare)).toEqual(['a C compiler']);
    expect(names(['electron'], bare)).toEqual(['NSS', 'GTK 3', 'ALSA', 'GBM']);
    expect(names([], bare)).toEqual([]);
  });
  test('counts when only one of several programs is there', () => {
    const system = { ...everything, hasProgram: (program: string) => program !== 'capinfos' };
    expect(names(['tests'], system)).toEqual(['tshark']);
  });
  test('is a compiler without the headers of C', () => {
    expect(names(['build'], { ...everything, hasFile: () => false })).toEqual(['a C compiler']);
  });
  test('does not judge libraries where their folders are not known', () => {
    expect(
      names(['electron', 'build'], {
        ...everything,
        debian: false,
        hasLibrary: () => false,
        hasFile: () => false,
      }),
    ).toEqual([]);
  });
  test('is the compiler at most on other systems', () => {
    expect(
      names(['build', 'electron', 'display', 'tests'], { ...bare, linux: false, debian: false }),
    ).toEqual(['a C compiler']);
  });
});

describe('what to do about it', () => {
  const missing = NEEDS.slice(0, 1);
  const root = { root: true, terminal: true, yes: false };
  test.each([
    ['nothing is missing', [], everything, root, 'nothing'],
    ['root at a terminal', missing, everything, root, 'ask'],
    ['root who said --yes', missing, everything, { ...root, yes: true }, 'install'],
    ['root without a terminal', missing, everything, { ...root, terminal: false }, 'install'],
    ['an ordinary user', missing, everything, { ...root, root: false }, 'tell'],
    ['an ordinary user who said --yes', missing, everything, { ...root, root: false, yes: true }, 'tell'],
    ['root on another system', missing, { ...everything, debian: false }, { ...root, yes: true }, 'tell'],
  ] as const)('%s', (_who, needs, system, person, expected) => {
    expect(decide([...needs], system, person)).toBe(expected);
  });

  test('is told in one sentence with the exact command', () => {
    const needs = NEEDS.filter((need) => need.group === 'display');
    expect(howToInstall(needs, everything, ['xvfb', 'xauth'])).toBe(
      'Xvfb and xauth are missing; install with: sudo apt-get install -y xvfb xauth',
    );
    expect(howToInstall(missing.slice(0, 1), { ...everything, debian: false }, [])).toBe(
      "a C compiler is missing; install with your system's package manager.",
    );
  });

  test('is one sentence for a Node that is too old', () => {
    expect(nodeProblem('v18.19.0')).toBe('Packet Lab needs Node 20 or newer; this is Node 18.19.0.');
    expect(nodeProblem('v20.0.0')).toBeNull();
    expect(nodeProblem('v24.1.0')).toBeNull();
  });
});

describe('installed npm packages', () => {
  const lock = {
    packages: {
      '': { version: '0.1.0' },
      'node_modules/a': { version: '1.0.0' },
      'node_modules/b-other-system': { version: '2.0.0', optional: true },
    },
  };
  const installed = { packages: { 'node_modules/a': { version: '1.0.0' } } };
  test('match without optional ones', () => expect(lockMatches(lock, installed)).toBe(true));
  test('do not match when one is missing', () => expect(lockMatches(lock, { packages: {} })).toBe(false));
  test('do not match in another version', () => {
    expect(lockMatches(lock, { packages: { 'node_modules/a': { version: '1.0.1' } } })).toBe(false);
  });
  test('do not match with one too many', () => {
    const more = { packages: { ...installed.packages, 'node_modules/c': { version: '1.0.0' } } };
    expect(lockMatches(lock, more)).toBe(false);
  });
  test('do not match when npm left no notes', () => expect(lockMatches(lock, {})).toBe(false));
});
