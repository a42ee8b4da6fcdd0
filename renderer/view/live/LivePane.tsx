import type { InstanceInfo } from '../../../app/ipc/contract';
import type { Settings } from '../../../app/run/plan';
import { roleOfDraft } from '../../store/labPreflight';
import { useLive } from '../session';
import { Counters } from './Counters';
import { Diagnosis } from './Diagnosis';
import { ErrorCodes } from './ErrorCodes';
import { Latency } from './Latency';
import { Received } from './Received';
import { RecentCalls } from './RecentCalls';
import { RunStatus } from './RunStatus';
import { Throughput } from './Throughput';

/** The live view of the selected instance: how it stands, its counters, its charts, its single calls. One that sends nothing has no calls, and what it received comes first. */
export function LivePane({ instance, settings }: { instance: InstanceInfo; settings: Settings }) {
  const ran = useLive(instance.id)?.snapshot.role;
  const receivesOnly = (ran ?? roleOfDraft(settings)) === 'receive';
  const received = <Received key={`r-${instance.id}`} instance={instance} settings={settings} />;
  return (
    <div className="live" data-pane="">
      <RunStatus instance={instance} />
      <div className="live-body">
        <Counters instance={instance} settings={settings} receivesOnly={receivesOnly} />
        {receivesOnly && received}
        <div className="charts">
          <Throughput
            key={`t-${instance.id}`}
            instance={instance}
            settings={settings}
            receivesOnly={receivesOnly}
          />
          {!receivesOnly && <ErrorCodes key={`e-${instance.id}`} instance={instance} />}
        </div>
        {!receivesOnly && (
          <div className="calls-row">
            <RecentCalls key={`c-${instance.id}`} instance={instance} />
            <Latency key={`l-${instance.id}`} instance={instance} />
          </div>
        )}
        {!receivesOnly && received}
      </div>
      {/* At the lower edge, always in sight: a finding that comes or goes moves nothing. */}
      <Diagnosis key={`d-${instance.id}`} instance={instance} receivesOnly={receivesOnly} />
    </div>
  );
}
