/* The recorder: it records, and it never stands in the way. */

#include "files.h"
#include "frames.h"
#include "opened.h"
#include "run/clock.h"
#include "stage/recorder.h"
#include "tap.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

/* Sends frames first ... first+n-1 of 60 B to the recorder. */
static int
record( pl_recorder_t * recorder, uint64_t first, unsigned long n, int flush, unsigned long * taken ) {
  pl_backend_t as_backend = { .aio = recorder->aio };
  return send_frames( &as_backend, first, n, 60UL, flush, taken );
}

static void
limit( void ) {
  char const *    path     = files_new();
  pl_recorder_t * recorder = pl_recorder_new( open_pcapng( path, 80.0 + 11.0 * 92.0, 0.0 ) );
  unsigned long   taken;
  CHECK_EQ( record( recorder, 0UL, 10UL, 0, &taken ), PL_AIO_SUCCESS );
  CHECK_EQ( pl_recorder_not_captured( recorder ), 0UL );
  CHECK_EQ( record( recorder, 10UL, 4UL, 0, &taken ), PL_AIO_SUCCESS ); /* one has room */
  CHECK_EQ( pl_recorder_not_captured( recorder ), 3UL );
  CHECK_EQ( record( recorder, 14UL, 2UL, 0, &taken ), PL_AIO_SUCCESS );
  CHECK( recorder->stopped );
  CHECK_EQ( recorder->seen, 16UL );
  CHECK_EQ( pl_aio_send( &recorder->aio, NULL, 0UL, NULL, 1 ), PL_AIO_SUCCESS );
  CHECK_EQ( pl_recorder_not_captured( recorder ), 5UL );
  pl_recorder_delete( recorder );
  frames_t f = { 0 };
  CHECK( frames_load( &f, path ) );
  CHECK_EQ( f.cnt, 11UL );
  for( unsigned long i = 0UL; i < f.cnt; i++ ) CHECK( frames_match( &f, i, 60UL, i ) );
  frames_free( &f );
}

static void
failure( void ) {
  pl_opt_t const  opt      = { .name = "file", .str = "/dev/full" };
  pl_recorder_t * recorder = pl_recorder_new( pl_backend_open( "pcapng", &opt, 1UL, 0, NULL ) );
  unsigned long   taken;
  CHECK_EQ( pl_recorder_not_captured( recorder ), 0UL );
  CHECK_EQ( record( recorder, 0UL, 4UL, 1, &taken ), PL_AIO_SUCCESS );
  CHECK_EQ( record( recorder, 0UL, 3UL, 0, &taken ), PL_AIO_SUCCESS );
  CHECK_EQ( pl_recorder_not_captured( recorder ), 7UL );
  CHECK_EQ( pl_aio_send( &recorder->aio, NULL, 0UL, NULL, 1 ), PL_AIO_SUCCESS );
  CHECK_EQ( recorder->file->state.state, PL_STATE_FAILED );
  pl_recorder_delete( recorder );
}

/* A flush answers SUCCESS even when it finds that the file cannot be written any more. */
static void
failing_flush( void ) {
  char const * fifo = files_new();
  CHECK( !mkfifo( fifo, 0600 ) );
  int             in       = open( fifo, O_RDONLY | O_NONBLOCK );
  pl_recorder_t * recorder = pl_recorder_new( open_pcapng( fifo, 0.0, 0.0 ) );
  unsigned long   taken;
  CHECK_EQ( record( recorder, 0UL, 4UL, 0, &taken ), PL_AIO_SUCCESS );
  close( in );
  signal( SIGPIPE, SIG_IGN );
  CHECK_EQ( pl_aio_send( &recorder->aio, NULL, 0UL, NULL, 1 ), PL_AIO_SUCCESS );
  CHECK_EQ( recorder->file->state.state, PL_STATE_FAILED );
  CHECK_EQ( pl_recorder_not_captured( recorder ), 4UL );
  pl_recorder_delete( recorder );
}

static void
over_size( void ) {
  char const *      path     = files_new();
  pl_recorder_t *   recorder = pl_recorder_new( open_pcapng( path, 0.0, 0.0 ) );
  static uint8_t    bytes[9000];
  pl_aio_pkt_info_t batch[4] = { { .buf = bytes, .buf_sz = 9000 },
                                 { .buf = bytes, .buf_sz = 60 },
                                 { .buf = bytes, .buf_sz = 4097 },
                                 { .buf = bytes, .buf_sz = 5000 } };
  CHECK_EQ( pl_aio_send( &recorder->aio, batch, 4UL, NULL, 1 ), PL_AIO_SUCCESS );
  CHECK_EQ( recorder->seen, 4UL );
  CHECK_EQ( recorder->file->completed, 1UL );
  CHECK( !recorder->stopped );
  pl_recorder_delete( recorder );
}

static void
pipe_without_room( void ) {
  char const * fifo = files_new();
  CHECK( !mkfifo( fifo, 0600 ) );
  int             in       = open( fifo, O_RDONLY | O_NONBLOCK );
  pl_recorder_t * recorder = pl_recorder_new( open_pcapng( fifo, 0.0, 0.0 ) );
  uint64_t        sent     = 0UL;
  unsigned long   taken;
  while( record( recorder, sent, 10UL, 1, &taken ) == PL_AIO_SUCCESS && sent < 100000UL ) sent += 10UL;
  sent += taken; /* AGAIN, with the index of the first that has no room */
  CHECK( sent < 100000UL );
  CHECK_EQ( recorder->seen, sent );
  CHECK_EQ( pl_recorder_not_captured( recorder ), 0UL );
  CHECK_EQ( record( recorder, sent, 1UL, 0, &taken ), PL_AIO_ERR_AGAIN );
  CHECK_EQ( taken, 0UL );
  CHECK_EQ( recorder->seen, sent );
  char buf[65536];
  while( read( in, buf, sizeof( buf ) ) > 0 ) {}
  CHECK_EQ( record( recorder, sent, 1UL, 0, &taken ), PL_AIO_SUCCESS );
  CHECK_EQ( recorder->seen, sent + 1UL );
  while( record( recorder, sent, 10UL, 1, &taken ) == PL_AIO_SUCCESS ) {}
  uint64_t seen = recorder->seen;
  pl_recorder_settle( recorder ); /* what the pipe has not taken by now is not recorded */
  CHECK( pl_recorder_not_captured( recorder ) > 0UL );
  CHECK_EQ( pl_recorder_not_captured( recorder ), seen - recorder->file->completed );
  pl_recorder_delete( recorder );
  close( in );
}

/* What is buffered is written each second, whether anything comes or not. */
static void
each_second( void ) {
  char const *    path     = files_new();
  pl_recorder_t * recorder = pl_recorder_new( open_pcapng( path, 0.0, 0.0 ) );
  uint64_t        at       = recorder->flush_at;
  CHECK_EQ( record( recorder, 0UL, 3UL, 0, NULL ), PL_AIO_SUCCESS );
  CHECK_EQ( pl_recorder_service( recorder, at - 1UL ), at );
  CHECK_EQ( file_sz( path ), 80L );
  CHECK_EQ( pl_recorder_service( recorder, at ), at + 1000000000UL );
  CHECK_EQ( file_sz( path ), 80L + 3L * 92L );
  CHECK_EQ( recorder->seen, 3UL );
  CHECK_EQ( record( recorder, 3UL, 1UL, 0, NULL ), PL_AIO_SUCCESS );
  CHECK_EQ( pl_recorder_service( recorder, at + 999999999UL ), at + 1000000000UL );
  CHECK_EQ( file_sz( path ), 80L + 3L * 92L );
  CHECK_EQ( pl_recorder_service( recorder, at + 5000000000UL ), at + 6000000000UL );
  CHECK_EQ( file_sz( path ), 80L + 4L * 92L );
  recorder->stopped = 1;
  CHECK_EQ( pl_recorder_service( recorder, UINT64_MAX - 1UL ), UINT64_MAX );
  pl_recorder_delete( recorder );
}

/* At the far end of a loopback: receiving goes on when recording has stopped. */
static void
at_a_peer( void ) {
  char const *   path = files_new();
  pl_err_t       err  = { 0 };
  pl_backend_t * b    = open_loopback( NULL );
  CHECK( !pl_backend_set_peer_out( b, open_pcapng( path, 80.0 + 30.0 * 92.0, 0.0 ), &err ) );
  for( uint64_t i = 0UL; i < 10UL; i++ ) {
    CHECK_EQ( send_frames( b, 10UL * i, 10UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
    (void)b->def->service( b, pl_clock_ns() );
    CHECK_EQ( b->received, 10UL * ( i + 1UL ) );
    CHECK_EQ( b->completed, 10UL * ( i + 1UL ) );
  }
  CHECK_EQ( b->state.state, PL_STATE_UP );
  CHECK( !b->limit );
  CHECK_EQ( pl_recorder_not_captured( b->recorder ), 70UL );

  /* One recorder is enough. */
  pl_backend_t * other = open_pcapng( files_new(), 0.0, 0.0 );
  CHECK_EQ( pl_backend_set_peer_out( b, other, &err ), -1 );
  CHECK_HAS( err.sentence, "already" );
  pl_backend_close( other ); /* it is still ours */
  pl_backend_close( b );
  frames_t f = { 0 };
  CHECK( frames_load( &f, path ) );
  CHECK_EQ( f.cnt, 30UL );
  frames_free( &f );
}

static void
no_peer( void ) {
  pl_err_t       err  = { 0 };
  pl_backend_t * file = open_pcapng( files_new(), 0.0, 0.0 );
  pl_backend_t * null = pl_backend_open( "null", NULL, 0UL, 0, &err );
  CHECK_EQ( pl_backend_set_peer_out( null, file, &err ), -1 );
  CHECK_HAS( err.sentence, "null has no far end" );
  CHECK_EQ( pl_backend_set_peer_out( file, file, NULL ), -1 );
  pl_backend_close( null );
  pl_backend_close( file );
  pl_backend_close( NULL );
}

int
main( void ) {
  tap_run( "at the limit it stops and counts", limit );
  tap_run( "a failure is counted and does not show in the codes", failure );
  tap_run( "a flush that fails is counted too", failing_flush );
  tap_run( "frames no capture can hold pass by", over_size );
  tap_run( "a pipe without room is AGAIN", pipe_without_room );
  tap_run( "it writes each second", each_second );
  tap_run( "at the far end of a loopback", at_a_peer );
  tap_run( "a backend without a far end", no_peer );
  return tap_end();
}
