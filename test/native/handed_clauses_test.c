/* The clause suite on af_xdp (rings of several sizes), tap and udp in a lab, and behind
   every stage. */

#include "clauses.h"
#include "files.h"
#include "handed.h"
#include "net/monitor.h"
#include "run/clock.h"
#include "running.h"
#include "tap.h"

#include <stdio.h>

static int
open_handed( clause_instance_t * self ) {
  pl_err_t err  = { 0 };
  self->backend = self->subject->room ? open_xdp( (double)self->subject->room ) : open_tap();
  if( !self->backend ) return 0;
  snprintf( self->path, sizeof( self->path ), "%s", files_new() );
  pl_opt_t const to   = { .name = "file", .str = self->path };
  pl_backend_t * file = pl_backend_open( "pcapng", &to, 1UL, 0, &err );
  if( !CHECK( file ) || !CHECK( !pl_backend_set_peer_out( self->backend, file, &err ) ) ) return 0;
  self->aio = &self->backend->aio;
  return 1;
}

static int
open_socket( clause_instance_t * self ) {
  pl_device_t device;
  if( !handed_udp( &device ) || !( self->backend = open_on( "udp", &device, NULL ) ) ) return 0;
  self->aio = &self->backend->aio;
  return 1;
}

/* The kernel takes its own time. */
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

#define HANDED                                                                                                        \
  .open = open_handed, .work = work_now, .completed = clause_backend_completed, .close = clause_backend_close,         \
  .mtu = 1500UL, .ethernet = 1, .sees = 1, .exact = 1, .completes = 1

static clause_subject_t const subjects[] = { { HANDED, .name = "af_xdp ring=64", .room = 64UL, .frees = 1 },
                                             { HANDED, .name = "af_xdp ring=5", .room = 5UL, .frees = 1 },
                                             { HANDED, .name = "af_xdp ring=300", .room = 300UL, .frees = 1 },
                                             { HANDED, .name = "tap" },
                                             { .open      = open_socket,
                                               .completed = clause_backend_completed,
                                               .close     = clause_backend_close,
                                               .name      = "udp in a lab",
                                               .datagrams = 1,
                                               .completes = 1 } };

#define SUBJECTS ( (int)( sizeof( subjects ) / sizeof( subjects[0] ) ) )
#define PARTS ( SUBJECTS * ( 1 + CLAUSE_STAGES ) )

/* One subject in namespaces of its own: plain, or behind a stage. */
static int
run_part( void const * arg ) {
  int const                part = *(int const *)arg;
  clause_subject_t const * s    = &subjects[part % SUBJECTS];
  char const *             why  = netns_enter();
  if( !why && s->room ) why = handed_no_xdp();
  else if( !why && s->ethernet ) why = handed_no_tap();
  else if( !why && !netns_command( PL_LAB_END_A, "ip -V" ) ) why = "ip is missing; on Debian: apt-get install iproute2";
  if( why ) tap_run_with( s->name, netns_skip, why );
  else if( part < SUBJECTS ) clauses_run( s );
  else clauses_run_stage( s, part / SUBJECTS - 1 );
  return tap_end();
}

int
main( void ) {
  static int number[PARTS];
  tap_part_t parts[PARTS];
  for( int i = 0; i < PARTS; i++ ) {
    number[i] = i;
    parts[i]  = (tap_part_t){ .fn = run_part, .arg = &number[i] };
  }
  tap_side_by_side( parts, PARTS, 8 );
  return tap_end();
}
