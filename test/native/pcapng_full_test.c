/* pcapng: no room on the disk.  The file ends with a whole block and what it
   holds is exactly what was counted as completed. */

#include "files.h"
#include "frames.h"
#include "opened.h"
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* How a case sends until it fails. */
typedef struct {
  unsigned long sz, batch;
  int           flush;
  long          room; /* bytes the file may have */
} way_t;

/* Sends until the file fails.  Looks at the answer and at what is left. */
static void
until_full( char const * path, way_t const * way, int err ) {
  pl_backend_t * b = open_pcapng( path, 0.0, 0.0 );
  if( !b ) return;
  unsigned long sent = 0UL, taken = 0UL;
  int           code = PL_AIO_SUCCESS;
  for( int i = 0; i < 100000 && code == PL_AIO_SUCCESS; i++ ) {
    code = send_frames( b, sent, way->batch, way->sz, way->flush, &taken );
    if( code == PL_AIO_SUCCESS ) sent += way->batch;
    CHECK( b->completed <= sent + taken );
  }
  CHECK_EQ( code, PL_AIO_ERR_AGAIN );
  CHECK_EQ( b->state.state, PL_STATE_FAILED );
  CHECK_EQ( b->state.err, err );
  CHECK_STR( b->state.step, "write" );
  CHECK_HAS( b->state.sentence, strerror( err ) );
  CHECK_HAS( b->state.sentence, "kept and readable" );
  CHECK_HAS( cause_of( b ), "cannot be written any more" );

  /* Of the last call only what is in the file was taken. */
  CHECK_EQ( taken, b->completed > sent ? b->completed - sent : 0UL );
  char kept[64];
  snprintf( kept, sizeof( kept ), "The %lu packets written before", (unsigned long)b->completed );
  CHECK_HAS( b->state.sentence, kept );

  /* It stays so. */
  uint64_t completed = b->completed;
  for( int i = 0; i < 3; i++ ) {
    CHECK_EQ( send_frames( b, 0UL, 2UL, 60UL, i, &taken ), PL_AIO_ERR_AGAIN );
    CHECK_EQ( taken, 0UL );
    CHECK_EQ( pl_aio_send( &b->aio, NULL, 0UL, NULL, 1 ), PL_AIO_SUCCESS );
  }
  CHECK_EQ( b->completed, completed );
  pl_backend_close( b );

  frames_t f = { 0 };
  CHECK( frames_load( &f, path ) ); /* whole blocks only */
  CHECK_EQ( f.cnt, completed );
  for( unsigned long i = 0UL; i < f.cnt; i++ )
    if( !CHECK( frames_match( &f, i, way->sz, i ) ) ) break;
  frames_free( &f );
  long block = 32L + ( (long)way->sz + 3L ) / 4L * 4L;
  CHECK_EQ( file_sz( path ), 80L + (long)completed * block );
  if( way->room ) { /* and no more room was left than a block needs */
    CHECK( file_sz( path ) <= way->room );
    CHECK( way->room - file_sz( path ) < block );
  }
}

static void
device_full( void ) {
  pl_opt_t const opt = { .name = "file", .str = "/dev/full" };
  pl_err_t       err = { 0 };
  pl_backend_t * b   = pl_backend_open( "pcapng", &opt, 1UL, 0, &err );
  if( !CHECK( b ) ) return;
  unsigned long taken;
  CHECK_EQ( b->state.state, PL_STATE_FAILED ); /* the header found no room already */
  CHECK_EQ( b->state.err, ENOSPC );
  CHECK_HAS( b->state.sentence, "Writing /dev/full failed: No space left on device." );
  CHECK_HAS( b->state.sentence, "free some space" );
  CHECK_EQ( send_frames( b, 0UL, 4UL, 60UL, 1, &taken ), PL_AIO_ERR_AGAIN );
  CHECK_EQ( taken, 0UL );
  CHECK_EQ( pl_aio_send( &b->aio, NULL, 0UL, NULL, 1 ), PL_AIO_SUCCESS );
  CHECK_EQ( b->completed, 0UL );
  CHECK( b->def->idle( b ) );
  pl_backend_close( b );
}

/* Sizes of frames and batches, with and without flush. */
static way_t const ways[] = {
    { .sz = 60UL, .batch = 1UL, .flush = 1 },    { .sz = 60UL, .batch = 1UL },
    { .sz = 60UL, .batch = 64UL, .flush = 1 },   { .sz = 1514UL, .batch = 7UL },
    { .sz = 4096UL, .batch = 3UL, .flush = 1 },  { .sz = 4096UL, .batch = 300UL },
    { .sz = 13UL, .batch = 4000UL },
};
#define WAYS ( sizeof( ways ) / sizeof( ways[0] ) )

/* In a child: files may not grow over a limit. */
static int
under_limit( void const * arg ) {
  (void)arg;
  long const limits[] = { 80L, 81L, 79L + 92L, 80L + 92L, 5000L, 65536L + 80L, 200001L };
  signal( SIGXFSZ, SIG_IGN );
  for( unsigned long l = 0UL; l < sizeof( limits ) / sizeof( limits[0] ); l++ )
    for( unsigned long w = 0UL; w < WAYS; w++ ) {
      struct rlimit const limit = { .rlim_cur = (rlim_t)limits[l], .rlim_max = RLIM_INFINITY };
      way_t               way   = ways[w];
      way.room                  = limits[l];
      CHECK( !setrlimit( RLIMIT_FSIZE, &limit ) );
      until_full( files_new(), &way, EFBIG );
    }
  return 0;
}

static void
size_limit( void ) {
  CHECK_EQ( tap_fork( under_limit, NULL ), 0 );
}

/* In a child: not even the header has room; the file that was made is taken away again. */
static int
no_header( void const * arg ) {
  (void)arg;
  signal( SIGXFSZ, SIG_IGN );
  for( rlim_t room = 0U; room < 80U; room += 13U ) {
    struct rlimit const limit = { .rlim_cur = room, .rlim_max = RLIM_INFINITY };
    CHECK( !setrlimit( RLIMIT_FSIZE, &limit ) );
    char const *   path = files_new();
    pl_backend_t * b    = open_pcapng( path, 0.0, 0.0 );
    if( !CHECK( b ) ) continue;
    CHECK_EQ( b->state.state, PL_STATE_FAILED );
    CHECK_EQ( send_frames( b, 0UL, 1UL, 60UL, 1, NULL ), PL_AIO_ERR_AGAIN );
    pl_backend_close( b );
    CHECK_EQ( file_sz( path ), -1L );
  }
  return 0;
}

static void
header_limit( void ) {
  CHECK_EQ( tap_fork( no_header, NULL ), 0 );
}

/* In a child: an old file that may be overwritten and cannot be. */
static int
old_file( void const * arg ) {
  char const * path = arg;
  signal( SIGXFSZ, SIG_IGN );
  struct rlimit const limit = { .rlim_cur = 0U, .rlim_max = RLIM_INFINITY };
  CHECK( !setrlimit( RLIMIT_FSIZE, &limit ) );
  pl_opt_t const opt = { .name = "file", .str = path };
  pl_backend_t * b   = pl_backend_open( "pcapng", &opt, 1UL, 1, NULL );
  if( !CHECK( b ) ) return 0;
  CHECK_EQ( b->state.state, PL_STATE_FAILED );
  CHECK_HAS( b->state.sentence, "What was in it before is kept" );
  CHECK_EQ( send_frames( b, 0UL, 1UL, 60UL, 1, NULL ), PL_AIO_ERR_AGAIN );
  pl_backend_close( b );
  return 0;
}

static void
old_file_is_kept( void ) {
  char const * path = files_new();
  CHECK( file_write( path, "what was here", 13UL ) );
  CHECK_EQ( tap_fork( old_file, path ), 0 );
  unsigned long sz    = 0UL;
  uint8_t *     bytes = file_read( path, &sz );
  CHECK( bytes && sz == 13UL && !memcmp( bytes, "what was here", 13UL ) );
  free( bytes );

  /* Where it can be, nothing of a longer old file stays behind. */
  static uint8_t const long_one[5000];
  pl_opt_t const       opt = { .name = "file", .str = path };
  CHECK( file_write( path, long_one, sizeof( long_one ) ) );
  pl_backend_t * b = pl_backend_open( "pcapng", &opt, 1UL, 1, NULL );
  CHECK_EQ( send_frames( b, 0UL, 1UL, 60UL, 1, NULL ), PL_AIO_SUCCESS );
  pl_backend_close( b );
  CHECK_EQ( file_sz( path ), 80L + 92L );
}

static int
write_text( char const * path, char const * text ) {
  int fd = open( path, O_WRONLY );
  int ok = fd >= 0 && write( fd, text, strlen( text ) ) == (ssize_t)strlen( text );
  if( fd >= 0 ) close( fd );
  return ok;
}

/* Mounts a small tmpfs that only this process sees.  0: it may not. */
static int
mount_small( char const * folder, char const * size ) {
  char map[64];
  snprintf( map, sizeof( map ), "0 %u 1", (unsigned)getuid() );
  if( geteuid() ) {
    if( unshare( CLONE_NEWUSER | CLONE_NEWNS ) || !write_text( "/proc/self/uid_map", map ) ) return 0;
  } else if( unshare( CLONE_NEWNS ) ) {
    return 0;
  }
  return !mount( "none", "/", NULL, MS_REC | MS_PRIVATE, NULL ) && !mount( "small", folder, "tmpfs", 0UL, size );
}

#define MAY_NOT (3)

/* In a child: a file system of 256 KiB. */
static int
on_small_disk( void const * arg ) {
  char const * folder = arg;
  if( !mount_small( folder, "size=256k" ) ) return MAY_NOT;
  for( unsigned long w = 0UL; w < WAYS; w++ ) {
    char path[160];
    snprintf( path, sizeof( path ), "%s/capture", folder );
    until_full( path, &ways[w], ENOSPC );
    CHECK( file_sz( path ) > 200000L );
    CHECK( !remove( path ) );
  }

  /* Packets of no bytes need no room: they count as sent, and the fault shows in the state. */
  char path[160];
  snprintf( path, sizeof( path ), "%s/filler", folder );
  int fd = open( path, O_WRONLY | O_CREAT, 0600 );
  snprintf( path, sizeof( path ), "%s/capture", folder );
  pl_backend_t * b = open_pcapng( path, 0.0, 0.0 );
  CHECK_EQ( send_frames( b, 0UL, 15UL, 4000UL, 0, NULL ), PL_AIO_SUCCESS );
  char const zeros[4096] = { 0 };
  while( write( fd, zeros, sizeof( zeros ) ) > 0 ) {}
  CHECK_EQ( b->state.state, PL_STATE_UP );
  CHECK_EQ( send_frames( b, 0UL, 3UL, 0UL, 1, NULL ), PL_AIO_SUCCESS );
  CHECK_EQ( b->state.state, PL_STATE_FAILED );
  CHECK( b->completed >= 3UL && b->completed < 18UL );
  pl_backend_close( b );
  close( fd );
  return 0;
}

static void
disk_full( void ) {
  char const * folder = files_path( "small" );
  CHECK( !mkdir( folder, 0700 ) );
  int status = tap_fork( on_small_disk, folder );
  if( status == MAY_NOT ) tap_skip( "mounting a tmpfs needs root or a user namespace" );
  else CHECK_EQ( status, 0 );
}

int
main( void ) {
  (void)files_folder(); /* the parent's, so that it removes what its children made */
  tap_run( "/dev/full", device_full );
  tap_run( "a limit of the file size", size_limit );
  tap_run( "no room for the header", header_limit );
  tap_run( "an old file is kept until the new header is written", old_file_is_kept );
  tap_run( "a full disk", disk_full );
  return tap_end();
}
