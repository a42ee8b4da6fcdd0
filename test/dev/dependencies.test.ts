import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { readAudit } from '../../main/dev/audit.mjs';
import {
  DEPENDENCIES,
  dependenciesPage,
  isAllowed,
  licenceText,
  noticesText,
  packageFolder,
  problemsOf,
  reasonsFor,
  shippedPackages,
} from '../../main/dev/dependencies.mjs';
import packageJson from '../../package.json';

describe('what ships', () => {
  let packages: Awaited<ReturnType<typeof shippedPackages>>;
  beforeAll(async () => {
    packages = await shippedPackages();
  });

  test('is listed in DEPENDENCIES.md as it is', () => {
    expect(readFileSync(DEPENDENCIES, 'utf8')).toBe(dependenciesPage(packages, reasonsFor()));
  });
  test('has licences that are allowed and reasons', () => {
    expect(problemsOf(packages, reasonsFor())).toEqual([]);
  });
  test('is every dependency of the package and Electron', () => {
    const names = packages.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([...Object.keys(packageJson.dependencies), 'electron']));
    for (const name of names) {
      expect(Object.keys(packageJson.devDependencies).filter((dev) => dev !== 'electron')).not.toContain(
        name,
      );
    }
  });
  test('is what the built page is made of', () => {
    const built = readFileSync('dist/THIRD-PARTY-NOTICES.txt', 'utf8');
    expect(built).toBe(noticesText(packages));
    for (const { name, version } of packages.filter((one) => one.name !== 'electron'))
      expect(built).toContain(`\n${name} ${version} (`);
  });
  test('comes with the text of its licence', () => {
    const none = packages.filter(({ name, folder }) => name !== 'electron' && licenceText(folder) === null);
    // It holds one empty file.
    expect(none.map(({ name }) => name)).toEqual(['client-only']);
  });
});

test('a licence that is unknown, missing or not allowed is seen, and so is a reason too few or too many', () => {
  for (const licence of ['MIT', 'MIT AND ISC', '(MIT OR GPL-3.0-only)', 'GPL-3.0-only OR 0BSD'])
    expect(isAllowed(licence), licence).toBe(true);
  for (const licence of ['', 'GPL-3.0-only', 'MIT AND GPL-3.0-only', 'SEE LICENSE IN x', 'UNLICENSED', 'mit'])
    expect(isAllowed(licence), licence).toBe(false);
  const one = { name: 'a', version: '1.0.0', licence: 'MIT', neededBy: [], folder: 'node_modules/a' };
  expect(problemsOf([one], { a: 'letters' })).toEqual([]);
  expect(problemsOf([one], {})).toEqual(['a ships and has no reason.']);
  expect(problemsOf([{ ...one, neededBy: ['b'] }], {})).toEqual([]);
  expect(problemsOf([one], { a: 'letters', b: 'gone' })).toEqual(['b has a reason and does not ship.']);
  expect(problemsOf([{ ...one, licence: 'X' }], { a: 'x' })).toHaveLength(1);
});

test('files of packages are told from ours', () => {
  expect(packageFolder('app/ipc/link.ts')).toBeNull();
  expect(packageFolder('node_modules/@a/b/c/d.js')).toBe('node_modules/@a/b');
  expect(packageFolder('node_modules/a/node_modules/b/d.js')).toBe('node_modules/a/node_modules/b');
});

describe('an audit', () => {
  const via = [{ title: 'Bad', url: 'https://example.org/1' }];
  const answer = (severity: string) =>
    JSON.stringify({ vulnerabilities: { a: { severity, via }, b: { severity, via: ['a'] } } });
  test('fails on what is high or critical and ships', () => {
    for (const severity of ['high', 'critical']) {
      expect(readAudit(answer(severity), ['a'])).toEqual({
        answered: true,
        severe: [`a: ${severity}: Bad https://example.org/1`],
        other: [`b: ${severity}: through a`],
      });
    }
    expect(readAudit(answer('moderate'), ['a'])).toMatchObject({ answered: true, severe: [] });
    expect(readAudit(JSON.stringify({ vulnerabilities: {} }), ['a'])).toMatchObject({
      severe: [],
      other: [],
    });
  });
  test('that nobody answers is none', () => {
    expect(readAudit('', ['a'])).toMatchObject({ answered: false });
    expect(readAudit(JSON.stringify({ message: '405 Method Not Allowed', error: {} }), ['a'])).toEqual({
      answered: false,
      reason: '405 Method Not Allowed',
    });
  });
});
