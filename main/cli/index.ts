import { runCommand } from './commands';
import { forgiveReaders, terminal } from './terminal';

/** The command line under plain Node: the wiring and nothing else. */

forgiveReaders();
runCommand(process.argv.slice(2), terminal).then((status) => {
  process.exitCode = status;
});
