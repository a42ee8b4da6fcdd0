import { type ReactNode, useEffect } from 'react';
import { Group, Panel, Separator, useDefaultLayout, usePanelRef } from 'react-resizable-panels';
import { setProblem } from '../store/screen';
import { Announcer, LabAnnouncer } from './Announcer';
import { ErrorNote } from './ErrorNote';
import { InstanceList } from './InstanceList';
import { Journal } from './Journal';
import { useFocusRequests, useShortcuts } from './keys';
import { LabPane } from './LabPane';
import { LivePane } from './live/LivePane';
import { MoreStreams } from './MoreStreams';
import { useMedia } from './media';
import { Palette } from './Palette';
import { BytesPane } from './packet/BytesPane';
import { PacketPane } from './packet/PacketPane';
import { Templates } from './packet/Templates';
import { RunBar } from './RunBar';
import { Shortcuts } from './Shortcuts';
import { useInstance, useLab, useScreen, useSession, useSettings } from './session';
import { SettingsPane } from './settings/SettingsPane';

/** Heights of the journal in CSS pixels. */
const FOLDED = 30;
const SMALLEST = 72;
/** Three lines and the head. */
const UNFOLDED = 94;

/** Panes that can be resized, with their sizes remembered under `name`: each class of window sizes has its own. */
function Split(props: { name: string; orientation: 'horizontal' | 'vertical'; children: ReactNode }) {
  const { defaultLayout, onLayoutChanged } = useDefaultLayout({
    id: `packet-lab.${props.name}`,
    storage: localStorage,
    onlySaveAfterUserInteractions: true,
  });
  return (
    <Group
      id={props.name}
      orientation={props.orientation}
      defaultLayout={defaultLayout}
      onLayoutChanged={onLayoutChanged}
    >
      {props.children}
    </Group>
  );
}

function Line({ what }: { what: string }) {
  return <Separator className="split-line" aria-label={what} />;
}

function Work({ stacked }: { stacked: boolean }) {
  const selected = useScreen((s) => s.selected);
  const page = useScreen((s) => s.page);
  const instance = useInstance(selected);
  const settings = useSettings(selected ?? '');
  // Room for 16 bytes a line.
  const roomy = useMedia('(min-width: 1400px)');
  const low = useMedia('(max-height: 719px)');
  const tall = useMedia('(min-height: 1100px)');
  if (!instance || !settings) return <p className="empty-line">No instance. Press Add instance.</p>;
  const lab = <LabPane />;
  const packet = <PacketPane instance={instance} settings={settings} />;
  const bytes = <BytesPane key={instance.id} instance={instance} settings={settings} />;
  const live = <LivePane instance={instance} settings={settings} />;
  if (stacked) {
    return (
      <>
        {page === 'lab' && lab}
        {live}
        <SettingsPane instance={instance} settings={settings} />
        <MoreStreams instance={instance} />
        {page === 'packet' && packet}
        {page === 'packet' && bytes}
      </>
    );
  }
  const height = low ? 'low' : tall ? 'tall' : 'middle';
  const work = (
    <Split key={height} name={`work-${height}`} orientation="vertical">
      <Panel
        id="packet"
        defaultSize={low ? 196 : tall ? 360 : 224}
        minSize={120}
        groupResizeBehavior="preserve-pixel-size"
      >
        {page === 'lab' ? (
          lab
        ) : (
          <Split
            key={roomy ? 'roomy' : 'narrow'}
            name={roomy ? 'source-roomy' : 'source-narrow'}
            orientation="horizontal"
          >
            <Panel id="text" minSize={200}>
              {packet}
            </Panel>
            <Line what="Resize packet and bytes" />
            <Panel
              id="bytes"
              defaultSize={roomy ? 507 : '50'}
              minSize={200}
              groupResizeBehavior="preserve-pixel-size"
            >
              {bytes}
            </Panel>
          </Split>
        )}
      </Panel>
      <Line what="Resize packet and live view" />
      <Panel id="live" minSize={160}>
        {live}
      </Panel>
    </Split>
  );
  return (
    <>
      <MoreStreams instance={instance} />
      <div className="work-panes">{work}</div>
    </>
  );
}

function SettingsSide() {
  const selected = useScreen((s) => s.selected);
  const instance = useInstance(selected);
  const settings = useSettings(selected ?? '');
  return instance && settings ? <SettingsPane instance={instance} settings={settings} /> : null;
}

function TemplateSide() {
  const instance = useInstance(useScreen((s) => s.selected));
  return instance ? <Templates instance={instance} /> : null;
}

/** The whole window as one column: for narrow windows and large zoom. */
function Column() {
  return (
    <div className="column">
      <InstanceList />
      <Work stacked />
      <TemplateSide />
      <Journal />
    </div>
  );
}

function Panes() {
  const { screen } = useSession();
  const open = useScreen((s) => s.journalOpen);
  const wide = useMedia('(min-width: 1200px)');
  const journal = usePanelRef();
  useEffect(() => {
    const panel = journal.current;
    if (!open) panel?.collapse();
    if (!open || panel === null) return;
    panel.expand();
    // One that was folded since the start has no size of before and would open at its smallest.
    if (panel.getSize().inPixels < SMALLEST + 4) panel.resize(UNFOLDED);
  }, [open, journal]);
  return (
    <Split name="window" orientation="vertical">
      <Panel id="body" minSize={240}>
        <Split
          key={wide ? 'wide' : 'narrow'}
          name={wide ? 'body-wide' : 'body-narrow'}
          orientation="horizontal"
        >
          <Panel
            id="instances"
            defaultSize={wide ? 220 : 160}
            minSize={140}
            maxSize={420}
            groupResizeBehavior="preserve-pixel-size"
          >
            <div className="side">
              <InstanceList />
              <TemplateSide />
            </div>
          </Panel>
          <Line what="Resize instances" />
          <Panel id="work" minSize={420}>
            <div className="work">
              <Work stacked={false} />
            </div>
          </Panel>
          <Line what="Resize settings" />
          <Panel
            id="settings"
            defaultSize={wide ? 320 : 284}
            minSize={250}
            maxSize={520}
            groupResizeBehavior="preserve-pixel-size"
          >
            <SettingsSide />
          </Panel>
        </Split>
      </Panel>
      <Line what="Resize journal" />
      <Panel
        id="journal"
        panelRef={journal}
        defaultSize={open ? UNFOLDED : FOLDED}
        minSize={SMALLEST}
        maxSize={600}
        collapsible
        collapsedSize={FOLDED}
        groupResizeBehavior="preserve-pixel-size"
        onResize={(size) => {
          const unfolded = size.inPixels > FOLDED + 4;
          if (unfolded !== screen.getState().journalOpen) screen.setState({ journalOpen: unfolded });
        }}
      >
        <Journal />
      </Panel>
    </Split>
  );
}

/** What concerns the window as a whole: main is silent, or refused something that belongs to no instance. */
function Banner() {
  const { screen } = useSession();
  const silence = useLab((s) => s.silence);
  const problem = useScreen((s) => s.problems['']);
  return (
    <>
      {silence !== null && (
        <ErrorNote
          text={`${silence} What you see is the last that was known. If it does not come back, close the window and start Packet Lab again.`}
        />
      )}
      {problem !== undefined && <ErrorNote text={problem} onDismiss={() => setProblem(screen, '', null)} />}
    </>
  );
}

export function App() {
  const status = useLab((s) => s.status);
  const silent = useLab((s) => s.silence !== null);
  const narrow = useMedia('(max-width: 899px), (max-height: 519px)');
  useShortcuts();
  useFocusRequests();
  return (
    <div className={silent ? 'window silent' : 'window'}>
      <RunBar />
      <Banner />
      {status === 'ready' ? (
        <main className="window-body">{narrow ? <Column /> : <Panes />}</main>
      ) : (
        <main className="empty-line">Connecting to the main process.</main>
      )}
      <Announcer />
      <LabAnnouncer />
      <Shortcuts />
      <Palette />
    </div>
  );
}
