#include "captured.h"
#include "files.h"
#include "tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

char const *
fixture_path( char const * name ) {
  static char path[256];
  snprintf( path, sizeof( path ), "test/fixtures/captures/%s", name );
  return path;
}

captured_t *
captured_read( char const * path ) {
  captured_t *   self    = calloc( 1UL, sizeof( *self ) );
  unsigned long  file_sz = 0UL;
  pl_capture_t * capture = pl_capture_open( path, &self->err );
  if( !capture ) {
    CHECK( self->err.sentence[0] && self->err.step );
    return self;
  }
  uint8_t * file = file_read( path, &file_sz );
  self->opened   = 1;
  self->format   = pl_capture_format( capture );
  CHECK_EQ( pl_capture_file_sz( capture ), file_sz );
  pl_frame_t f;
  while( ( self->end = pl_capture_next( capture, &f ) ) == 1 && self->frames.cnt < CAPTURED_MAX ) {
    unsigned long i = self->frames.cnt;
    if( CHECK( f.offset <= file_sz && f.caplen <= file_sz - f.offset ) && f.data )
      CHECK( !memcmp( f.data, file + f.offset, f.caplen ) );
    CHECK_EQ( !f.data, f.caplen > PL_CAPTURE_FRAME_MAX );
    self->ts_ns[i]   = f.ts_ns;
    self->offset[i]  = f.offset;
    self->link[i]    = f.link;
    self->no_data[i] = !f.data;
    frames_add( &self->frames, f.data ? f.data : (uint8_t const *)"", f.data ? f.caplen : 0U, f.origlen );
    self->frames.at[i].sz = f.caplen;
  }
  for( int i = 0; i < 2 && self->end != 1; i++ ) CHECK_EQ( pl_capture_next( capture, &f ), self->end );
  snprintf( self->problem, sizeof( self->problem ), "%s", pl_capture_problem( capture ) );
  CHECK_EQ( !self->problem[0], self->end >= 0 );
  if( self->end < 0 ) CHECK_HAS( self->problem, "byte offset" );
  pl_capture_close( capture );
  free( file );
  return self;
}

void
captured_delete( captured_t * self ) {
  frames_free( &self->frames );
  free( self );
}

captured_t *
captured_bytes( void const * bytes, unsigned long sz ) {
  /* In memory: tests read thousands of these. */
  char path[64];
  int  fd = memfd_create( "capture", MFD_CLOEXEC );
  snprintf( path, sizeof( path ), "/proc/self/fd/%d", fd );
  CHECK_EQ( write( fd, bytes, sz ), sz );
  captured_t * self = captured_read( path );
  close( fd );
  return self;
}

captured_t *
captured_fixture( char const * name ) {
  return captured_read( fixture_path( name ) );
}

int
captured_same( captured_t const * a, captured_t const * b, unsigned long n ) {
  if( a->frames.cnt < n || b->frames.cnt < n ) return 0;
  for( unsigned long i = 0UL; i < n; i++ ) {
    frame_t const * x = &a->frames.at[i];
    frame_t const * y = &b->frames.at[i];
    if( x->sz != y->sz || a->no_data[i] != b->no_data[i] ) return 0;
    if( !a->no_data[i] && memcmp( x->data, y->data, x->sz ) ) return 0;
  }
  return 1;
}
