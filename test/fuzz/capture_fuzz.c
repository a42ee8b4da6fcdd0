/* The capture reader, and the source of a run over it: whatever a file holds, what
   is read lies in the file, a second pass reads the same, and damage gets one
   sentence. */

#include "target.h"

#include "pl_capture.h"
#include "run/source.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASS_MAX (100000UL)

static char path[64];

static void
forget( void ) {
  unlink( path );
}

/* The input as a file; it is the same one each time. */
static void
write_input( uint8_t const * data, size_t sz ) {
  static int fd = -1;
  if( fd < 0 ) {
    snprintf( path, sizeof( path ), "%s/packet-lab-fuzz-XXXXXX", access( "/dev/shm", W_OK ) ? "/tmp" : "/dev/shm" );
    fd = mkstemp( path );
    HOLDS( fd >= 0 );
    atexit( forget );
  }
  HOLDS( !ftruncate( fd, 0 ) );
  HOLDS( pwrite( fd, data, sz, 0 ) == (ssize_t)sz );
}

/* One sentence: printable where the name and the numbers are, with an end. */
static void
is_sentence( char const * text ) {
  size_t const len = strlen( text );
  HOLDS( len > 1UL && len < PL_SENTENCE_MAX );
  HOLDS( text[len - 1UL] == '.' );
  for( size_t i = 0UL; i < len; i++ ) HOLDS( text[i] != '\n' );
}

typedef struct {
  uint64_t frames, bytes, sum;
  int      end;
  char     problem[PL_SENTENCE_MAX];
} pass_t;

static pass_t
read_pass( pl_capture_t * capture, uint8_t const * data, size_t sz ) {
  pass_t     pass = { 0 };
  pl_frame_t f;
  uint64_t   behind = 0UL;
  while( ( pass.end = pl_capture_next( capture, &f ) ) == 1 ) {
    pass.frames++;
    pass.bytes += f.caplen;
    pass.sum = pass.sum * 31UL + f.ts_ns + f.origlen + f.link;
    HOLDS( pass.frames <= PASS_MAX );
    HOLDS( f.offset >= behind ); /* frames do not overlap */
    HOLDS( f.offset <= sz && f.caplen <= sz - f.offset );
    behind = f.offset + f.caplen;
    HOLDS( ( f.caplen > PL_CAPTURE_FRAME_MAX ) == !f.data );
    if( f.data ) HOLDS( !memcmp( f.data, data + f.offset, f.caplen ) );
  }
  HOLDS( pl_capture_next( capture, &f ) == pass.end );
  snprintf( pass.problem, sizeof( pass.problem ), "%s", pl_capture_problem( capture ) );
  HOLDS( ( pass.end < 0 ) == ( pass.problem[0] != '\0' ) );
  if( pass.end < 0 ) is_sentence( pass.problem );
  return pass;
}

static void
read_twice( uint8_t const * data, size_t sz ) {
  pl_err_t       err     = { 0 };
  pl_capture_t * capture = pl_capture_open( path, &err );
  if( !capture ) {
    is_sentence( err.sentence );
    return;
  }
  HOLDS( pl_capture_file_sz( capture ) == sz );
  pass_t const first = read_pass( capture, data, sz );
  HOLDS( !pl_capture_rewind( capture ) );
  pass_t const again = read_pass( capture, data, sz );
  HOLDS( first.frames == again.frames && first.bytes == again.bytes && first.sum == again.sum );
  HOLDS( first.end == again.end && !strcmp( first.problem, again.problem ) );
  pl_capture_close( capture );
}

/* Two passes as a run reads them, a batch of three at a time with one packet kept. */
static void
as_source( void ) {
  pl_err_t      err    = { 0 };
  pl_source_t * source = pl_source_capture( path, 3UL, &err );
  if( !source ) {
    is_sentence( err.sentence );
    return;
  }
  pl_packet_t   packet;
  uint64_t      cnt    = 0UL;
  int           passes = 0;
  while( passes < 2 ) {
    int const got = pl_source_next( source, &packet );
    if( got < 0 ) {
      is_sentence( pl_source_problem( source ) );
      break;
    }
    passes += !got;
    if( !got ) continue;
    HOLDS( ++cnt <= 2UL * PASS_MAX );
    if( packet.buf ) memset( packet.buf, (int)cnt, packet.sz ); /* it is writable, and its own */
    if( cnt % 3UL == 0UL ) pl_source_recycle( source, cnt % 2UL ? &packet : NULL );
  }
  pl_source_delete( source );
}

int
LLVMFuzzerTestOneInput( uint8_t const * data, size_t sz ) {
  write_input( data, sz );
  read_twice( data, sz );
  as_source();
  return 0;
}
