/* reader: every frame of a cached capture, against dd bs=1M of the same file.  A
   turn is one pass over the file, opening (dd: starting) included. */

#include "pair.h"
#include "run/clock.h"

#include "pl_capture.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILE_SZ (268435456UL) /* bytes, about */

extern char ** environ;

typedef struct {
  char     path[4096];
  char     in[4200];
  uint64_t frames; /* in the file */
  uint64_t bytes;  /* read so far */
} reader_t;

static void
reader_close( void * ctx ) {
  reader_t * self = ctx;
  unlink( self->path );
  free( self );
}

/* Writes the capture with the product's own backend. */
static int
make_capture( reader_t * self, pair_cfg_t const * cfg, pl_err_t * err ) {
  pl_aio_pkt_info_t * batch   = frames_make( cfg->sz, 64UL );
  pl_opt_t const      file    = { .name = "file", .str = self->path };
  pl_backend_t *      backend = batch ? pl_backend_open( "pcapng", &file, 1UL, 0, err ) : NULL;
  int                 bad     = !backend;
  for( uint64_t sz = 0UL; !bad && sz < FILE_SZ; sz += 64UL * ( cfg->sz + 32UL ) )
    bad = pl_aio_send( &backend->aio, batch, 64UL, NULL, 1 );
  if( backend ) {
    self->frames = backend->completed;
    if( bad ) *err = (pl_err_t){ .err = backend->state.err };
    if( bad ) memcpy( err->sentence, backend->state.sentence, sizeof( err->sentence ) );
  }
  pl_backend_close( backend );
  frames_free( batch );
  return bad;
}

static void *
reader_open( pair_cfg_t const * cfg, int * skip ) {
  (void)skip;
  pl_err_t   err  = { 0 };
  reader_t * self = calloc( 1UL, sizeof( *self ) );
  if( !self ) return NULL;
  snprintf( self->path, sizeof( self->path ), "%s/packet-lab-bench-%ld.pcapng", cfg->dir, (long)getpid() );
  snprintf( self->in, sizeof( self->in ), "if=%s", self->path );
  if( !make_capture( self, cfg, &err ) ) return self;
  fprintf( stderr, "The capture to read could not be made. %s\n", err.sentence );
  reader_close( self );
  return NULL;
}

static double
reader_ours( void * ctx, uint64_t * units ) {
  reader_t *     self    = ctx;
  pl_err_t       err     = { 0 };
  uint64_t       frames  = 0UL;
  uint64_t       t0      = pl_clock_ns();
  pl_capture_t * capture = pl_capture_open( self->path, &err );
  if( !capture ) {
    fprintf( stderr, "%s\n", err.sentence );
    return -1.0;
  }
  for( pl_frame_t frame; pl_capture_next( capture, &frame ) == 1; frames++ ) self->bytes += frame.caplen;
  pl_capture_close( capture );
  double ns = (double)( pl_clock_ns() - t0 );
  *units    = frames;
  return frames == self->frames ? ns : -1.0;
}

static double
reader_bare( void * ctx, uint64_t * units ) {
  reader_t *   self   = ctx;
  char *       argv[] = { "dd", self->in, "of=/dev/null", "bs=1M", "status=none", NULL };
  pid_t        pid;
  int          status = 0;
  uint64_t     t0     = pl_clock_ns();
  int          e      = posix_spawnp( &pid, "dd", NULL, NULL, argv, environ );
  while( !e && waitpid( pid, &status, 0 ) < 0 && errno == EINTR ) {}
  double ns = (double)( pl_clock_ns() - t0 );
  *units    = self->frames;
  if( !e && !status ) return ns;
  fprintf( stderr, "dd failed: %s.\n", e ? strerror( e ) : "see above" );
  return -1.0;
}

pair_t const pair_reader = {
    .name = "reader", .open = reader_open, .ours = reader_ours, .bare = reader_bare, .close = reader_close };
