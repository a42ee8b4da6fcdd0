/* The clause suite on af_packet: both modes, with and without the qdisc, and behind
   every stage. */

#include "clauses.h"
#include "files.h"
#include "net/monitor.h"
#include "netns.h"
#include "running.h"
#include "run/clock.h"
#include "tap.h"

#include <stdio.h>

static int
open_device( clause_instance_t * self ) {
  clause_subject_t const * s   = self->subject;
  pl_err_t                 err = { 0 };
  pl_device_t              device;
  if( !netns_device( &device ) ) return 0;
  self->backend = pl_backend_open_on( "af_packet", s->opts, s->opt_cnt, &device, &err );
  if( !self->backend ) {
    netns_device_close( &device );
    return CHECK_STR( err.sentence, "" ), 0;
  }
  snprintf( self->path, sizeof( self->path ), "%s", files_new() );
  pl_opt_t const to   = { .name = "file", .str = self->path };
  pl_backend_t * file = pl_backend_open( "pcapng", &to, 1UL, 0, &err );
  if( !CHECK( file ) || !CHECK( !pl_backend_set_peer_out( self->backend, file, &err ) ) ) return 0;
  self->aio = &self->backend->aio;
  return 1;
}

/* The kernel takes its own time.  What was not flushed does not move: then there is
   nothing to look for soon. */
static void
work_now( clause_instance_t * self ) {
  pl_backend_t * b = self->backend;
  for( int i = 0; i < 50000; i++ ) {
    uint64_t now = pl_clock_ns();
    if( b->def->service( b, now ) > now + 1000000UL ) return;
    breathe();
  }
  CHECK( !"what was sent arrives" );
}

#define DEVICE( MODE, BYPASS, ROOM )                                                                                  \
  { .name = "af_packet " MODE " qdisc-bypass=" BYPASS, .open = open_device, .work = work_now,                         \
    .completed = clause_backend_completed, .close = clause_backend_close,                                             \
    .opts = { { "mode", 0, MODE }, { "qdisc-bypass", 0, BYPASS }, { "peer-ring", 1048576, NULL }, { "ring", 64, NULL } }, \
    .opt_cnt = 4UL, .room = ROOM, .mtu = 1500UL, .ethernet = 1, .sees = 1, .exact = 1, .completes = 1 }

static clause_subject_t const subjects[] = { DEVICE( "sendmmsg", "off", 0UL ), DEVICE( "sendmmsg", "on", 0UL ),
                                             DEVICE( "tx-ring", "off", 64UL ), DEVICE( "tx-ring", "on", 64UL ) };

#define SUBJECTS ( (int)( sizeof( subjects ) / sizeof( subjects[0] ) ) )

/* One subject in namespaces of its own: plain, or behind a stage.  Opening and closing
   packet rings is mostly waiting for the kernel. */
static int
run_part( void const * arg ) {
  int const    part = *(int const *)arg;
  char const * why  = netns_enter();
  if( why ) tap_run_with( "the clause suite on af_packet", netns_skip, why );
  else if( part < SUBJECTS ) clauses_run( &subjects[part] );
  else clauses_run_stage( &subjects[part % SUBJECTS], part / SUBJECTS - 1 );
  return tap_end();
}

int
main( void ) {
  static int number[SUBJECTS * ( 1 + CLAUSE_STAGES )];
  tap_part_t parts[SUBJECTS * ( 1 + CLAUSE_STAGES )];
  for( int i = 0; i < SUBJECTS * ( 1 + CLAUSE_STAGES ); i++ ) {
    number[i] = i;
    parts[i]  = (tap_part_t){ .fn = run_part, .arg = &number[i] };
  }
  tap_side_by_side( parts, SUBJECTS * ( 1 + CLAUSE_STAGES ), 8 );
  return tap_end();
}
