#include "device_clauses.h"
#include "device.h"
#include "files.h"
#include "handed.h"
#include "net/monitor.h"
#include "opened.h"
#include "run/clock.h"
#include "running.h"
#include "tap.h"

#include <stdio.h>

int
device_clauses_open( clause_instance_t * self ) {
  clause_subject_t const * s   = self->subject;
  way_t const              way = { s->backend, s->opts[0].str, s->opts[1].str };
  if( !( self->backend = open_device( &way, (double)s->room, 0.0 ) ) ) return 0;
  snprintf( self->path, sizeof( self->path ), "%s", files_new() );
  record_peer( self->backend, self->path );
  self->aio = &self->backend->aio;
  return 1;
}

int
device_clauses_open_udp( clause_instance_t * self ) {
  pl_device_t    device;
  pl_err_t       err = { 0 };
  if( !handed_udp( &device ) ) return 0;
  self->backend = pl_backend_open_on( "udp", self->subject->opts, 1UL, &device, &err );
  if( !CHECK( self->backend ) ) return 0;
  self->aio = &self->backend->aio;
  return 1;
}

/* The kernel takes its own time.  What was not flushed does not move: then there is
   nothing to look for. */
void
device_clauses_work( clause_instance_t * self ) {
  pl_backend_t * b = self->backend;
  for( int i = 0; i < 50000; i++ ) {
    uint64_t now = pl_clock_ns();
    if( b->def->service( b, now ) > now + 1000000UL && !device_missing( b ) ) {
      CHECK_EQ( b->peer_dropped, 0UL );
      return;
    }
    breathe();
  }
  CHECK( !"what was sent arrives" );
}

/* One subject in namespaces of its own: plain (stage -1), or behind a stage.  Opening and
   closing packet rings is mostly waiting for the kernel. */
typedef struct {
  clause_subject_t const * subject;
  int                      stage;
} part_t;

static int
run_part( void const * arg ) {
  part_t const *           part = arg;
  clause_subject_t const * s    = part->subject;
  char const *             why  = netns_enter();
  if( !why && s->datagrams && !netns_command( PL_LAB_END_A, "ip -V" ) ) why = "ip is missing; on Debian: apt-get install iproute2";
  if( !why && s->backend && !strcmp( s->backend, "af_xdp" ) ) why = handed_no_xdp();
  if( !why && s->backend && !strcmp( s->backend, "tap" ) ) why = handed_no_tap();
  if( why ) tap_run_with( s->name, netns_skip, why );
  else if( part->stage < 0 ) clauses_run( s );
  else clauses_run_stage( s, part->stage );
  return tap_end();
}

int
device_clauses( clause_subject_t const * subjects, int cnt ) {
  enum { EACH = 1 + CLAUSE_STAGES, MOST = 16 };
  part_t     part[MOST * EACH];
  tap_part_t parts[MOST * EACH];
  if( !CHECK( cnt <= MOST ) ) return 1;
  for( int i = 0; i < cnt * EACH; i++ ) {
    part[i]  = (part_t){ .subject = &subjects[i / EACH], .stage = i % EACH - 1 };
    parts[i] = (tap_part_t){ .fn = run_part, .arg = &part[i] };
    if( i % EACH == 0 ) printf( "# %s: plain, and behind %d stages\n", part[i].subject->name, CLAUSE_STAGES );
  }
  tap_side_by_side( parts, cnt * EACH, 12 );
  return tap_end();
}
