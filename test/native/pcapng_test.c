/* pcapng: what the file holds, its options, pipes, and Stop. */

#include "files.h"
#include "frames.h"
#include "opened.h"
#include "run/clock.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes of the section header and the interface, and of a block around a frame. */
#define HEAD (80L)
#define BLOCK( sz ) ( 32UL + ( ( sz ) + 3UL ) / 4UL * 4UL )

/* Whether path holds the frames 0 to n-1, each of sz bytes. */
static void
holds( char const * path, unsigned long n, unsigned long sz ) {
  frames_t f = { 0 };
  CHECK( frames_load( &f, path ) );
  CHECK_EQ( f.cnt, n );
  for( unsigned long i = 0UL; i < f.cnt; i++ )
    if( !CHECK( frames_match( &f, i, sz, i ) ) ) break;
  frames_free( &f );
}

static void
header( void ) {
  static uint8_t const want[80] = {
      0x0a, 0x0d, 0x0d, 0x0a, 48,   0,    0,    0,    0x4d, 0x3c, 0x2b, 0x1a, 1,    0,    0,   0,   0xff, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 4,    0,    10,   0,    'P',  'a',  'c',  'k',  'e',  't',  ' ', 'L', 'a',  'b',  0,    0,
      0,    0,    0,    0,    48,   0,    0,    0,    1,    0,    0,    0,    32,   0,    0,   0,   1,    0,    0,    0,
      0,    0x10, 0,    0,    9,    0,    1,    0,    9,    0,    0,    0,    0,    0,    0,   0,   32,   0,    0,    0,
  };
  char const * path = files_new();
  pl_backend_close( open_pcapng( path, 0.0, 0.0 ) );
  unsigned long sz;
  uint8_t *     bytes = file_read( path, &sz );
  if( CHECK_EQ( sz, 80UL ) ) CHECK( !memcmp( bytes, want, 80UL ) );
  free( bytes );
}

/* The wall clock is read at the opening; what an interruption there may cost. */
#define SLACK_NS (50000000UL)

static void
block( void ) {
  char const *      path   = files_new();
  pl_backend_t *    b      = open_pcapng( path, 0.0, 0.0 );
  uint8_t           data[] = { 1, 2, 3, 4, 5 };
  pl_aio_pkt_info_t pkt    = { .buf = data, .buf_sz = 5 };
  uint64_t          before = pl_clock_wall_ns();
  CHECK_EQ( pl_aio_send( &b->aio, &pkt, 1UL, NULL, 1 ), PL_AIO_SUCCESS );
  uint64_t after = pl_clock_wall_ns();
  CHECK_EQ( b->completed, 1UL );
  CHECK_EQ( file_sz( path ), HEAD + 40L ); /* flushed while it is still open */
  pl_backend_close( b );
  unsigned long sz;
  uint8_t *     bytes = file_read( path, &sz );
  uint32_t      word[10];
  memcpy( word, bytes + HEAD, sizeof( word ) );
  uint64_t at = (uint64_t)word[3] << 32 | word[4];
  CHECK_EQ( word[0], 6U );
  CHECK_EQ( word[1], 40U );
  CHECK_EQ( word[2], 0U );
  CHECK( at + SLACK_NS >= before && at <= after + SLACK_NS );
  CHECK_EQ( word[5], 5U );
  CHECK_EQ( word[6], 5U );
  CHECK( !memcmp( bytes + HEAD + 28, "\1\2\3\4\5\0\0\0", 8UL ) ); /* padded with zeros */
  CHECK_EQ( word[9], 40U );
  free( bytes );
}

static void
buffered( void ) {
  char const *   path = files_new();
  pl_backend_t * b    = open_pcapng( path, 0.0, 0.0 );
  CHECK_EQ( send_frames( b, 0UL, 10UL, 60UL, 0, NULL ), PL_AIO_SUCCESS );
  CHECK_EQ( b->completed, 0UL );
  CHECK_EQ( file_sz( path ), HEAD );
  CHECK( !b->def->idle( b ) );
  CHECK_EQ( pl_aio_send( &b->aio, NULL, 0UL, NULL, 1 ), PL_AIO_SUCCESS );
  CHECK_EQ( b->completed, 10UL );
  CHECK( b->def->idle( b ) );
  CHECK_EQ( b->kicks, 1UL );

  /* A write has 64 KiB at most, and goes out when the next block has no room. */
  CHECK_EQ( send_frames( b, 10UL, 990UL, 60UL, 0, NULL ), PL_AIO_SUCCESS );
  CHECK_EQ( b->kicks, 2UL );
  CHECK_EQ( b->completed, 10UL + 65536UL / BLOCK( 60UL ) );
  CHECK_EQ( file_sz( path ), HEAD + (long)( b->completed * BLOCK( 60UL ) ) );
  pl_backend_close( b ); /* writes the rest */
  holds( path, 1000UL, 60UL );
}

static void
limit( void ) {
  for( int flush = 0; flush < 2; flush++ ) {
    char const *   path = files_new();
    pl_backend_t * b    = open_pcapng( path, 1024.0, 0.0 );
    unsigned long  taken;
    CHECK_EQ( send_frames( b, 0UL, 8UL, 60UL, flush, &taken ), PL_AIO_SUCCESS );
    CHECK( !b->limit );
    CHECK_EQ( send_frames( b, 8UL, 8UL, 60UL, flush, &taken ), PL_AIO_ERR_AGAIN );
    CHECK_EQ( taken, 2UL ); /* ( 1024 - 80 ) / 92 = 10.3 */
    CHECK( b->limit );
    CHECK_EQ( b->state.state, PL_STATE_UP );
    CHECK_STR( cause_of( b ), "The capture file has reached its limit of 1024 B; nothing more is written." );
    CHECK_EQ( send_frames( b, 8UL, 1UL, 1UL, flush, &taken ), PL_AIO_ERR_AGAIN ); /* nor does a smaller one slip in */
    CHECK_EQ( taken, 0UL );
    pl_backend_close( b );
    holds( path, 10UL, 60UL );
    CHECK_EQ( file_sz( path ), 1000L );
  }
}

static void
limit_exact( void ) {
  char const *   path = files_new();
  pl_backend_t * b    = open_pcapng( path, 80.0 + 100.0 * 92.0, 0.0 );
  unsigned long  taken;
  CHECK_EQ( send_frames( b, 0UL, 101UL, 60UL, 0, &taken ), PL_AIO_ERR_AGAIN );
  CHECK_EQ( taken, 100UL );
  pl_backend_close( b );
  CHECK_EQ( file_sz( path ), 80L + 9200L );
}

static void
snaplen( void ) {
  for( unsigned long snap = 1UL; snap <= 64UL; snap += 21UL ) { /* 1, 22, 43, 64 */
    char const *   path = files_new();
    pl_backend_t * b    = open_pcapng( path, 0.0, (double)snap );
    CHECK_EQ( send_frames( b, 0UL, 3UL, 50UL, 1, NULL ), PL_AIO_SUCCESS );
    CHECK_EQ( b->completed, 3UL );
    pl_backend_close( b );
    frames_t f = { 0 };
    CHECK( frames_load( &f, path ) );
    CHECK_EQ( f.cnt, 3UL );
    for( unsigned long i = 0UL; i < f.cnt; i++ ) {
      uint8_t want[50];
      frame_fill( want, 50UL, i, 0x0800 );
      CHECK_EQ( f.at[i].sz, snap < 50UL ? snap : 50UL );
      CHECK_EQ( f.at[i].origlen, 50U );
      CHECK( !memcmp( f.at[i].data, want, f.at[i].sz ) );
    }
    frames_free( &f );
    unsigned long sz;
    uint8_t *     bytes = file_read( path, &sz );
    uint32_t      said;
    memcpy( &said, bytes + 48 + 12, 4UL );
    CHECK_EQ( said, snap );
    free( bytes );
  }
}

/* Frames longer than the buffer can hold two of, at every fill of it. */
static void
large( void ) {
  char const *   path = files_new();
  pl_backend_t * b    = open_pcapng( path, 0.0, 0.0 );
  for( uint64_t i = 0UL; i < 400UL; i++ ) CHECK_EQ( send_frames( b, i, 1UL, 4093UL, 0, NULL ), PL_AIO_SUCCESS );
  pl_backend_close( b );
  holds( path, 400UL, 4093UL );
}

static void
existing( void ) {
  char const *   path = files_new();
  pl_opt_t const opt  = { .name = "file", .str = path };
  pl_err_t       err  = { 0 };
  CHECK( file_write( path, "precious", 8UL ) );
  CHECK( !pl_backend_open( "pcapng", &opt, 1UL, 0, &err ) );
  CHECK_EQ( err.err, EEXIST );
  CHECK_HAS( err.sentence, "exists already and is kept" );
  CHECK_HAS( err.sentence, path );
  CHECK_EQ( file_sz( path ), 8L );
  pl_backend_t * b = pl_backend_open( "pcapng", &opt, 1UL, 1, &err );
  if( CHECK( b ) ) pl_backend_close( b );
  CHECK_EQ( file_sz( path ), HEAD );

  /* A link that leads nowhere is not followed into making a file. */
  char const * dangling = files_new();
  char const * target   = files_new();
  CHECK( !symlink( target, dangling ) );
  pl_opt_t const to_link = { .name = "file", .str = dangling };
  CHECK( !pl_backend_open( "pcapng", &to_link, 1UL, 0, &err ) );
  CHECK_EQ( file_sz( target ), -1L );
}

static void
impossible( void ) {
  pl_err_t err    = { 0 };
  pl_opt_t folder = { .name = "file", .str = files_folder() };
  CHECK( !pl_backend_open( "pcapng", &folder, 1UL, 1, &err ) );
  CHECK_EQ( err.err, EISDIR );
  pl_opt_t gone = { .name = "file", .str = "/nonexistent-folder/a.pcapng" };
  CHECK( !pl_backend_open( "pcapng", &gone, 1UL, 0, &err ) );
  CHECK_EQ( err.err, ENOENT );
  CHECK_STR( err.step, "open" );
  CHECK_HAS( err.sentence, "/nonexistent-folder/a.pcapng cannot be written: No such file or directory." );
  char const * fifo = files_new();
  CHECK( !mkfifo( fifo, 0600 ) );
  pl_opt_t unread = { .name = "file", .str = fifo };
  CHECK( !pl_backend_open( "pcapng", &unread, 1UL, 0, &err ) ); /* and does not wait for a reader */
  CHECK_HAS( err.sentence, "is a pipe that nobody reads" );
}

static void
stop_between_writes( void ) {
  char const *   path = files_new();
  pl_backend_t * b    = open_pcapng( path, 0.0, 0.0 );
  atomic_int     stop = 1;
  unsigned long  taken;
  b->stop = &stop;
  CHECK_EQ( send_frames( b, 0UL, 1000UL, 60UL, 1, &taken ), PL_AIO_ERR_AGAIN );
  CHECK_EQ( taken, 65536UL / BLOCK( 60UL ) ); /* the buffer, and not a single write */
  CHECK_EQ( b->kicks, 0UL );
  CHECK_EQ( b->state.state, PL_STATE_UP );
  CHECK_STR( cause_of( b ), "Stop was asked for between two writes." );
  CHECK_EQ( pl_aio_send( &b->aio, NULL, 0UL, NULL, 1 ), PL_AIO_SUCCESS );
  CHECK_EQ( b->completed, 0UL );
  atomic_store( &stop, 0 );
  unsigned long more;
  CHECK_EQ( send_frames( b, taken, 1000UL - taken, 60UL, 1, &more ), PL_AIO_SUCCESS );
  CHECK_EQ( b->completed, 1000UL );
  b->stop = NULL;
  pl_backend_close( b );
  holds( path, 1000UL, 60UL );
}

static void
close_ignores_stop( void ) {
  char const *   path = files_new();
  pl_backend_t * b    = open_pcapng( path, 0.0, 0.0 );
  atomic_int     stop = 1;
  b->stop             = &stop;
  CHECK_EQ( send_frames( b, 0UL, 10UL, 60UL, 0, NULL ), PL_AIO_SUCCESS );
  pl_backend_close( b );
  holds( path, 10UL, 60UL );
}

/* Moves what a pipe holds to a file. */
static void
pour( int from, int to ) {
  char    buf[8192];
  ssize_t n;
  while( ( n = read( from, buf, sizeof( buf ) ) ) > 0 ) CHECK_EQ( write( to, buf, (size_t)n ), n );
}

static void
slow_pipe( void ) {
  char const * fifo = files_new();
  char const * path = files_new();
  CHECK( !mkfifo( fifo, 0600 ) );
  int            in    = open( fifo, O_RDONLY | O_NONBLOCK );
  int            out   = open( path, O_WRONLY | O_CREAT, 0600 );
  pl_backend_t * b     = open_pcapng( fifo, 0.0, 0.0 );
  unsigned long  sent  = 0UL;
  int            again = 0;
  while( sent < 3000UL && again < 1000 ) {
    unsigned long taken, want = 3000UL - sent < 64UL ? 3000UL - sent : 64UL;
    int           code = send_frames( b, sent, want, 777UL, again % 2, &taken );
    sent += taken;
    CHECK( b->completed <= sent );
    if( code == PL_AIO_SUCCESS ) continue;
    CHECK_EQ( code, PL_AIO_ERR_AGAIN );
    CHECK_STR( cause_of( b ), "The pipe has no room: its reader is slower than the run." );
    CHECK_EQ( b->state.state, PL_STATE_UP );
    CHECK_EQ( send_frames( b, sent, 1UL, 777UL, 1, &taken ), PL_AIO_ERR_AGAIN ); /* it stays AGAIN, and nothing is taken */
    CHECK_EQ( taken, 0UL );
    if( again++ % 3 == 0 ) { /* now a little room, now much */
      char    buf[3001];
      ssize_t n = read( in, buf, sizeof( buf ) );
      CHECK( n > 0 && write( out, buf, (size_t)n ) == n );
    } else {
      pour( in, out );
    }
  }
  CHECK_EQ( sent, 3000UL );
  CHECK( again > 3 );
  for( int i = 0; i < 100 && !b->def->idle( b ); i++ ) {
    pour( in, out );
    CHECK_EQ( pl_aio_send( &b->aio, NULL, 0UL, NULL, 1 ), PL_AIO_SUCCESS );
  }
  CHECK_EQ( b->completed, 3000UL );
  pl_backend_close( b );
  pour( in, out );
  close( in );
  close( out );
  holds( path, 3000UL, 777UL );
}

/* At the end of a run: what was counted as completed is what a late reader finds, and
   not a frame more. */
static void
settled_pipe( void ) {
  for( int room = 0; room < 2; room++ ) {
    char const * fifo = files_new();
    char const * path = files_new();
    CHECK( !mkfifo( fifo, 0600 ) );
    int            in  = open( fifo, O_RDONLY | O_NONBLOCK );
    int            out = open( path, O_WRONLY | O_CREAT, 0600 );
    pl_backend_t * b   = open_pcapng( fifo, 0.0, 0.0 );
    while( send_frames( b, 0UL, 64UL, 777UL, 1, NULL ) == PL_AIO_SUCCESS ) {}
    CHECK( !b->def->idle( b ) );
    if( room ) pour( in, out ); /* then the block that has begun is finished */
    b->def->settle( b );
    CHECK( b->def->idle( b ) );
    uint64_t completed = b->completed;
    pour( in, out );
    CHECK_EQ( pl_aio_send( &b->aio, NULL, 0UL, NULL, 1 ), PL_AIO_SUCCESS );
    pl_backend_close( b );
    pour( in, out );
    close( in );
    close( out );
    CHECK_EQ( ( file_sz( path ) - 80L ) / (long)BLOCK( 777UL ), completed );
    if( room ) CHECK_EQ( file_sz( path ), 80L + (long)completed * (long)BLOCK( 777UL ) );
  }
}

static void
reader_gone( void ) {
  char const * fifo = files_new();
  CHECK( !mkfifo( fifo, 0600 ) );
  int            in = open( fifo, O_RDONLY | O_NONBLOCK );
  pl_backend_t * b  = open_pcapng( fifo, 0.0, 0.0 );
  unsigned long  taken;
  CHECK_EQ( send_frames( b, 0UL, 2UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  close( in );
  signal( SIGPIPE, SIG_IGN );
  CHECK_EQ( send_frames( b, 2UL, 2UL, 60UL, 1, &taken ), PL_AIO_ERR_AGAIN );
  CHECK_EQ( taken, 0UL );
  CHECK_EQ( b->state.state, PL_STATE_FAILED );
  CHECK_EQ( b->state.err, EPIPE );
  CHECK_EQ( b->completed, 2UL );
  pl_backend_close( b );
}

int
main( void ) {
  tap_run( "the header", header );
  tap_run( "a block", block );
  tap_run( "blocks wait for the flush, or for 64 KiB", buffered );
  tap_run( "limit", limit );
  tap_run( "a limit that is met exactly", limit_exact );
  tap_run( "snaplen", snaplen );
  tap_run( "large frames", large );
  tap_run( "an existing file is kept, unless forced", existing );
  tap_run( "what cannot be opened says why", impossible );
  tap_run( "Stop is heard between writes", stop_between_writes );
  tap_run( "close writes to the end all the same", close_ignores_stop );
  tap_run( "a pipe without room is AGAIN, and loses nothing", slow_pipe );
  tap_run( "a pipe gets nothing after the last count", settled_pipe );
  tap_run( "a pipe whose reader went away fails", reader_gone );
  return tap_end();
}
