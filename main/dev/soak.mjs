// npm run soak: the endurance tests of test/soak in their long form. `npm test` runs them for one minute.
//
//   node main/dev/soak.mjs [minutes, 10 when none are given]
import { report } from './exec.mjs';

const minutes = Number(process.argv[2] ?? '10');
if (!(minutes >= 1 && minutes <= 600)) {
  process.stderr.write(`The time is a number of minutes from 1 to 600; "${process.argv[2]}" is not.\n`);
  process.exitCode = 2;
} else {
  process.env.PACKET_LAB_SOAK_S = String(Math.round(minutes * 60));
  try {
    // The stage's limit is made of the time when the module is loaded.
    const { test } = await import('./test.mjs');
    process.exitCode = await test(['soak']);
  } catch (error) {
    process.exitCode = report(error);
  }
}
