/* pcapng: the backend writing batches to a new file on tmpfs, against a loop of
   write calls of the same size, at the same place in the file, with blocks that are
   ready.  Making and removing the file is not timed on either side. */

#include "pair.h"
#include "run/clock.h"

#include "pl_backend.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#define HEADER_SZ (80UL) /* section header and interface, with which the backend starts a file */

#define FILE_MAX (67108864UL) /* bytes of a file: memory, because of tmpfs */

typedef struct {
  char                path[4096];
  unsigned long       cnt;
  pl_aio_pkt_info_t * batch;
  uint8_t *           blocks; /* of one batch */
  unsigned long       blocks_sz;
} pcapng_pair_t;

static void
pcapng_close( void * ctx ) {
  pcapng_pair_t * self = ctx;
  unlink( self->path );
  frames_free( self->batch );
  free( self->blocks );
  free( self );
}

/* The Enhanced Packet Blocks of a batch, with a time of zero. */
static uint8_t *
make_blocks( pl_aio_pkt_info_t const * batch, unsigned long cnt, unsigned long * sz ) {
  uint32_t  len    = batch[0].buf_sz;
  uint32_t  block  = 32U + ( ( len + 3U ) & ~3U );
  uint8_t * blocks = calloc( cnt, block );
  for( unsigned long i = 0UL; blocks && i < cnt; i++ ) {
    uint8_t *      p       = blocks + i * block;
    uint32_t const head[7] = { 6U, block, 0U, 0U, 0U, len, len };
    memcpy( p, head, sizeof( head ) );
    memcpy( p + 28, batch[i].buf, len );
    memcpy( p + block - 4, &block, 4UL );
  }
  *sz = cnt * block;
  return blocks;
}

static void *
pcapng_open( pair_cfg_t const * cfg, int * skip ) {
  struct statfs fs;
  if( statfs( cfg->dir, &fs ) || fs.f_type != TMPFS_MAGIC ) {
    fprintf( stderr, "%s is not a tmpfs.\n", cfg->dir );
    *skip = 1;
    return NULL;
  }
  pcapng_pair_t * self = calloc( 1UL, sizeof( *self ) );
  if( !self ) return NULL;
  snprintf( self->path, sizeof( self->path ), "%s/packet-lab-bench-%ld.pcapng", cfg->dir, (long)getpid() );
  self->cnt   = cfg->batch;
  self->batch = frames_make( cfg->sz, cfg->batch );
  if( self->batch ) self->blocks = make_blocks( self->batch, self->cnt, &self->blocks_sz );
  if( self->blocks ) return self;
  pcapng_close( self );
  fprintf( stderr, "The blocks could not be made: out of memory.\n" );
  return NULL;
}

/* Calls that make about that many packets and no more than a file may have. */
static uint64_t
calls_for( pcapng_pair_t const * self, uint64_t units ) {
  uint64_t calls = units / self->cnt;
  uint64_t most  = FILE_MAX / self->blocks_sz;
  return calls < most ? calls : most;
}

static double
pcapng_ours( void * ctx, uint64_t * units ) {
  pcapng_pair_t * self = ctx;
  pl_err_t        err  = { 0 };
  unlink( self->path );
  pl_opt_t const file    = { .name = "file", .str = self->path };
  pl_backend_t * backend = pl_backend_open( "pcapng", &file, 1UL, 0, &err );
  if( !backend ) {
    fprintf( stderr, "%s\n", err.sentence );
    return -1.0;
  }
  uint64_t calls = calls_for( self, *units );
  int      bad   = 0;
  uint64_t t0    = pl_clock_ns();
  for( uint64_t i = 0UL; i < calls; i++ ) {
    unsigned long idx = 0UL;
    bad |= pl_aio_send( &backend->aio, self->batch, self->cnt, &idx, 1 );
  }
  double ns = (double)( pl_clock_ns() - t0 );
  *units    = backend->completed;
  if( bad || *units != calls * self->cnt ) {
    fprintf( stderr, "Not everything was written. %s\n", backend->state.sentence );
    ns = -1.0;
  }
  pl_backend_close( backend );
  unlink( self->path );
  return ns;
}

/* Writes it all.  0, or -1 with errno. */
static int
write_all( int fd, uint8_t const * p, unsigned long sz ) {
  while( sz ) {
    ssize_t n = write( fd, p, sz );
    if( n < 0 && errno == EINTR ) continue;
    if( n <= 0 ) return -1;
    p += n;
    sz -= (unsigned long)n;
  }
  return 0;
}

static double
pcapng_bare( void * ctx, uint64_t * units ) {
  pcapng_pair_t * self = ctx;
  unlink( self->path );
  int fd = open( self->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600 );
  if( fd < 0 ) {
    fprintf( stderr, "%s cannot be written: %s.\n", self->path, strerror( errno ) );
    return -1.0;
  }
  uint8_t const header[HEADER_SZ] = { 0 };
  uint64_t      calls             = calls_for( self, *units );
  int           bad               = write_all( fd, header, sizeof( header ) );
  uint64_t      t0                = pl_clock_ns();
  for( uint64_t i = 0UL; i < calls; i++ ) bad |= write_all( fd, self->blocks, self->blocks_sz );
  double ns = (double)( pl_clock_ns() - t0 );
  if( bad ) fprintf( stderr, "%s cannot be written: %s.\n", self->path, strerror( errno ) );
  *units = calls * self->cnt;
  close( fd );
  unlink( self->path );
  return bad ? -1.0 : ns;
}

pair_t const pair_pcapng = {
    .name = "pcapng", .open = pcapng_open, .ours = pcapng_ours, .bare = pcapng_bare, .close = pcapng_close };
