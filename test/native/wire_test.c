/* A loopback attached to another one's end B: who counts what, and every order of
   coming and going. */

#include "backend/wire.h"
#include "files.h"
#include "frames.h"
#include "opened.h"
#include "run/clock.h"
#include "tap.h"

#include <stdio.h>

static void
serve( pl_backend_t * b ) {
  (void)b->def->service( b, pl_clock_ns() );
}

/* A loopback attached to the end B of that name. */
static pl_backend_t *
open_attached( char const * to, pl_err_t * err ) {
  pl_opt_t const opt = { .name = "attach", .str = to };
  return pl_backend_open( "loopback", &opt, 1UL, 0, err );
}

static pl_backend_t *
open_named( char const * name ) {
  pl_backend_t * b = open_loopback( NULL );
  CHECK_EQ( pl_backend_join( b, name, NULL ), 0 );
  return b;
}

static void
the_attached_one_counts_and_records( void ) {
  char const *   path = files_new();
  pl_backend_t * a    = open_named( "A" );
  pl_backend_t * b    = open_attached( "A", NULL );
  record_peer( b, path );
  CHECK_EQ( send_frames( a, 0UL, 100UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  serve( a );
  CHECK_EQ( a->completed, 100UL );
  CHECK_EQ( a->received, 0UL );
  CHECK_EQ( b->received, 0UL );
  serve( b );
  CHECK_EQ( b->received, 100UL );
  /* Its own packets leave its ring and are nobody's. */
  CHECK_EQ( send_frames( b, 500UL, 10UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  serve( b );
  CHECK_EQ( b->completed, 10UL );
  CHECK_EQ( b->received, 100UL );
  pl_backend_close( b );
  /* Nobody is attached any more: end B takes them itself. */
  CHECK_EQ( send_frames( a, 100UL, 5UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  serve( a );
  CHECK_EQ( a->received, 5UL );
  pl_backend_close( a );
  frames_t f = { 0 };
  CHECK( frames_load( &f, path ) );
  CHECK_EQ( f.cnt, 100UL );
  for( unsigned long i = 0UL; i < f.cnt; i++ ) CHECK( frames_match( &f, i, 60UL, i ) );
  frames_free( &f );
}

static void
either_may_come_first_and_come_back( void ) {
  pl_backend_t * b = open_attached( "A", NULL );
  serve( b );
  for( uint64_t n = 1UL; n <= 3UL; n++ ) {
    pl_backend_t * a = open_named( "A" );
    CHECK_EQ( send_frames( a, 0UL, 7UL, 60UL, 0, NULL ), PL_AIO_SUCCESS );
    pl_backend_close( a ); /* what was held back goes over the wire */
    serve( b );
    CHECK_EQ( b->received, 7UL * n );
  }
  pl_backend_t * a = open_named( "A" );
  for( int n = 0; n < 3; n++ ) {
    pl_backend_close( b );
    b = open_attached( "A", NULL );
    CHECK_EQ( send_frames( a, 0UL, 9UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
    serve( a );
    serve( b );
    CHECK_EQ( b->received, 9UL );
  }
  /* What one leaves behind is not the next one's. */
  CHECK_EQ( send_frames( a, 0UL, 9UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  serve( a );
  pl_backend_close( b );
  b = open_attached( "A", NULL );
  serve( b );
  CHECK_EQ( b->received, 0UL );
  CHECK_EQ( a->received, 0UL );
  pl_backend_close( a );
  pl_backend_close( b );
}

static void
the_end_of_a_run_takes_what_is_there( void ) {
  pl_backend_t * a = open_named( "A" );
  pl_backend_t * b = open_attached( "A", NULL );
  CHECK_EQ( send_frames( a, 0UL, 20UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  serve( a );
  b->def->settle( b );
  CHECK_EQ( b->received, 20UL );
  CHECK_EQ( send_frames( a, 0UL, 20UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  serve( a );
  CHECK_EQ( a->received, 20UL );
  serve( b );
  CHECK_EQ( b->received, 20UL );
  pl_backend_close( b );
  pl_backend_close( a );
}

static void
a_wire_nobody_empties_is_a_sink_without_room( void ) {
  pl_backend_t * a     = open_named( "A" );
  pl_backend_t * b     = open_attached( "A", NULL );
  uint64_t       sent  = 0UL;
  unsigned long  taken = 0UL;
  for( int n = 0; n < 100; n++ ) {
    int code = send_frames( a, sent, 64UL, 60UL, 1, &taken );
    sent += taken;
    serve( a );
    if( code == PL_AIO_SUCCESS ) continue;
    CHECK_EQ( code, PL_AIO_ERR_AGAIN );
    CHECK( !a->cause.by_ring );
  }
  CHECK_EQ( sent, 2048UL ); /* its own ring and the wire's */
  CHECK_EQ( a->completed, 1024UL );
  serve( b );
  CHECK_EQ( b->received, 1024UL );
  serve( a );
  serve( b );
  CHECK_EQ( b->received, 2048UL );
  pl_backend_close( a );
  pl_backend_close( b );
}

static void
loss_happens_before_the_wire( void ) {
  pl_backend_t * a = open_loopback( "loss", 1.0, NULL );
  CHECK_EQ( pl_backend_join( a, "A", NULL ), 0 );
  pl_backend_t * b = open_attached( "A", NULL );
  CHECK_EQ( send_frames( a, 0UL, 20UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  serve( a );
  serve( b );
  CHECK_EQ( a->completed, 20UL );
  CHECK_EQ( b->received, 0UL );
  pl_backend_close( a );
  pl_backend_close( b );
}

static void
two_attached_to_each_other( void ) {
  pl_err_t       err = { 0 };
  pl_backend_t * a   = open_attached( "B", &err );
  pl_backend_t * b   = open_attached( "A", &err );
  CHECK_EQ( pl_backend_join( a, "A", &err ), 0 );
  CHECK_EQ( pl_backend_join( b, "B", &err ), 0 );
  CHECK_EQ( send_frames( a, 0UL, 3UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  CHECK_EQ( send_frames( b, 0UL, 4UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  for( int i = 0; i < 2; i++ ) serve( a ), serve( b );
  CHECK_EQ( a->received, 4UL );
  CHECK_EQ( b->received, 3UL );
  pl_backend_close( a );
  pl_backend_close( b );
}

static void
a_side_is_taken_once( void ) {
  pl_err_t       err = { 0 };
  pl_backend_t * b   = open_attached( "A", &err );
  CHECK( !open_attached( "A", &err ) );
  CHECK_HAS( err.sentence, "attached to that far end already" );
  pl_backend_t * a    = open_named( "A" );
  pl_backend_t * twin = open_loopback( NULL );
  CHECK_EQ( pl_backend_join( twin, "A", &err ), -1 );
  CHECK_HAS( err.sentence, "of that name already" );
  pl_backend_close( twin );
  pl_backend_close( a );
  pl_backend_close( b );
}

static void
names_that_are_none( void ) {
  pl_err_t err = { 0 };
  char     name[PL_WIRE_NAME_MAX + 1UL];
  memset( name, 'x', sizeof( name ) );
  name[PL_WIRE_NAME_MAX] = '\0';
  CHECK( !open_attached( name, &err ) );
  CHECK_HAS( err.sentence, "at most 63 bytes" );
  CHECK( !open_attached( "", &err ) );
  CHECK_HAS( err.sentence, "needs the name of an instance" );
  CHECK( !open_attached( NULL, &err ) );
  name[PL_WIRE_NAME_MAX - 1UL] = '\0';
  pl_backend_t * b             = open_attached( name, &err );
  CHECK( b );
  pl_backend_close( b );
  pl_backend_t * other = pl_backend_open( "null", NULL, 0UL, 0, &err ); /* nothing attaches to it, and that is fine */
  CHECK_EQ( pl_backend_join( other, "A", &err ), 0 );
  pl_backend_close( other );
  pl_wire_close_sender( NULL );
  pl_wire_close_receiver( NULL );
}

/* One turn takes what fits on the wire and asks for another: a sender that is never
   slower does not keep the attached thread from its other duties. */
static void
a_turn_ends( void ) {
  pl_backend_t * a = open_named( "A" );
  pl_backend_t * b = open_attached( "A", NULL );
  CHECK_EQ( send_frames( a, 0UL, PL_WIRE_SLOTS, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  serve( a );
  uint64_t now = pl_clock_ns();
  CHECK_EQ( b->def->service( b, now ), now );
  CHECK_EQ( b->received, PL_WIRE_SLOTS );
  CHECK( b->def->service( b, now ) > now );
  pl_backend_close( b );
  pl_backend_close( a );
}

int
main( void ) {
  tap_run( "the attached one counts and records", the_attached_one_counts_and_records );
  tap_run( "either may come first and come back", either_may_come_first_and_come_back );
  tap_run( "the end of a run takes what is there", the_end_of_a_run_takes_what_is_there );
  tap_run( "a wire nobody empties is a sink without room", a_wire_nobody_empties_is_a_sink_without_room );
  tap_run( "loss happens before the wire", loss_happens_before_the_wire );
  tap_run( "two attached to each other", two_attached_to_each_other );
  tap_run( "a side is taken once", a_side_is_taken_once );
  tap_run( "names that are none", names_that_are_none );
  tap_run( "a turn ends", a_turn_ends );
  return tap_end();
}
