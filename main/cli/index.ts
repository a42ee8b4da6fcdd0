import { runCommand } from './commands';
import { exitStatus, terminal, watchOutputs } from './terminal';

/** The command line under plain Node: the wiring and nothing else. */

watchOutputs();
runCommand(process.argv.slice(2), terminal)
  .then(exitStatus)
  .then((status) => {
    process.exitCode = status;
  });
