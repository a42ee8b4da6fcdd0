/* pcapng: writes packets to a capture file, one Enhanced Packet Block each
   (IETF draft-ietf-opsawg-pcapng), nanosecond time stamps of the send call: the
   wall clock at the opening, carried on by the monotonic one, so that times stay
   in order and their distances right when somebody sets the clock.

   flush: writes everything buffered to the file now.  Without it blocks wait in
   a 64 KiB buffer until it is full.
   completed: packets whose block is wholly in the hands of the OS.

   Disk full or a write error: the file is cut back to its last whole block and
   stays readable; packets of this call that are not in the file are refused,
   earlier ones that were only buffered are lost (taken - completed).
   Pipes are non-blocking; a pipe without room is AGAIN. */

#include "pl_backend.h"
#include "run/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPT_FILE, OPT_SNAPLEN, OPT_LIMIT, OPT_CNT };

static pl_opt_def_t const opts[OPT_CNT] = {
    [OPT_FILE]    = { .name = "file", .kind = PL_OPT_OUTPUT, .required = 1 },
    [OPT_SNAPLEN] = { .name = "snaplen", .kind = PL_OPT_WHOLE, .min = 1, .max = 4096, .dflt = 4096 },
    [OPT_LIMIT]   = { .name = "limit", .kind = PL_OPT_BYTES, .min = 1024, .max = 1125899906842624.0, .dflt = 1073741824 },
};

enum { CAUSE_BUF_MAX = 1, CAUSE_LIMIT, CAUSE_NO_ROOM, CAUSE_FAILED, CAUSE_STOP };

/* At most this much goes to the OS in one call. */
#define WRITE_MAX (65536UL)

#define EPB_OVERHEAD (32UL) /* fixed fields and trailing length */

typedef struct {
  pl_backend_t head;
  int          fd;
  int          regular; /* a regular file: can be cut back to a whole block */
  int          cut;     /* a pipe was given up in the middle of a block: nothing may follow */
  uint32_t     snaplen;
  uint64_t     wall_base; /* wall clock minus CLOCK_MONOTONIC at the opening, ns */
  uint64_t     limit;   /* bytes the file may have */
  uint64_t     file_sz; /* bytes handed to the OS */
  uint64_t     whole;   /* of these, bytes that end with a whole block */
  uint64_t     blocks;  /* packet blocks wholly handed over */
  uint64_t     queued;  /* packet blocks in buf that are not */

  unsigned long at, end; /* [at, end) of buf is not yet handed over */
  uint8_t       buf[WRITE_MAX];
  char          path[];
} pcapng_t;

static void
put32( uint8_t * p, uint32_t v ) {
  memcpy( p, &v, 4UL ); /* blocks are in host order; the section header says which */
}

static uint32_t
get32( uint8_t const * p ) {
  uint32_t v;
  memcpy( &v, p, 4UL );
  return v;
}

/* Bytes of the block of a packet of which cap bytes are captured. */
static uint32_t
epb_sz( uint32_t cap ) {
  return EPB_OVERHEAD + ( ( cap + 3U ) & ~3U );
}

/* Writes the block of a packet at p and returns its size.  Not inlined, and with its own
   look at the length: a compiler that knows a small bound of it copies with a string
   instruction, which takes three times as long for a small packet. */
static uint32_t __attribute__((noinline))
put_epb( uint8_t * p, pl_aio_pkt_info_t const * pkt, uint32_t snaplen, uint64_t wall_ns ) {
  uint32_t const cap = pkt->buf_sz < snaplen ? pkt->buf_sz : snaplen;
  uint32_t const sz  = epb_sz( cap );
  put32( p + sz - 8, 0U ); /* padding; the packet overwrites what it needs */
  put32( p, 6U );
  put32( p + 4, sz );
  put32( p + 8, 0U );
  put32( p + 12, (uint32_t)( wall_ns >> 32 ) );
  put32( p + 16, (uint32_t)wall_ns );
  put32( p + 20, cap );
  put32( p + 24, pkt->buf_sz );
  memcpy( p + 28, pkt->buf, cap );
  put32( p + sz - 4, sz );
  return sz;
}

/* Accounts for n more bytes that the OS took. */
static void
handed_over( pcapng_t * self, unsigned long n ) {
  unsigned long block = self->at - ( self->file_sz - self->whole ); /* where the first unfinished block starts */
  uint64_t      done  = 0UL;
  self->at += n;
  self->file_sz += n;
  if( self->at == self->end ) {
    done        = self->queued;
    self->whole = self->file_sz;
  } else {
    for( uint32_t sz; block + ( sz = get32( self->buf + block + 4 ) ) <= self->at; done++ ) {
      block += sz;
      self->whole += sz;
    }
  }
  self->queued -= done;
  self->blocks += done;
  self->head.completed += done;
}

/* Ends the capture for good: the file is cut back to its last whole block. */
static void
fail( pcapng_t * self, int err ) {
  if( self->regular && self->whole && !ftruncate( self->fd, (off_t)self->whole ) ) self->file_sz = self->whole;
  self->at = self->end = 0UL;
  self->queued         = 0UL;
  pl_state_t * state   = &self->head.state;
  state->state         = PL_STATE_FAILED;
  state->err           = err;
  state->step          = "write";
  snprintf( state->sentence, PL_SENTENCE_MAX,
            "Writing %.180s failed: %s. The %lu packets written before are kept and readable; %s.", self->path,
            strerror( err ), self->blocks, err == ENOSPC ? "free some space or choose another folder" : "choose another file" );
}

/* Writes what is buffered.  0 when all is written, else a cause; CAUSE_FAILED is
   final and set in the state. */
static int
write_out( pcapng_t * self ) {
  if( self->cut ) return CAUSE_NO_ROOM;
  while( self->at < self->end ) {
    if( self->head.stop && atomic_load_explicit( self->head.stop, memory_order_relaxed ) ) return CAUSE_STOP;
    uint64_t t0 = pl_clock_ns();
    ssize_t  n  = write( self->fd, self->buf + self->at, self->end - self->at );
    int      e  = errno;
    self->head.os_ns += pl_clock_ns() - t0;
    self->head.kicks++;
    if( n > 0 ) {
      handed_over( self, (unsigned long)n );
      continue;
    }
    if( n < 0 && e == EINTR ) continue;
    if( n < 0 && ( e == EAGAIN || e == EWOULDBLOCK ) ) return CAUSE_NO_ROOM;
    fail( self, n < 0 ? e : EIO );
    return CAUSE_FAILED;
  }
  self->at = self->end = 0UL;
  return 0;
}

/* Index of the first packet of the batch that is not among the first n written;
   batch_cnt when all that come after them have no bytes. */
static unsigned long
index_after( pl_aio_pkt_info_t const * batch, unsigned long batch_cnt, uint64_t n ) {
  unsigned long i = 0UL;
  for( ; i < batch_cnt; i++ ) {
    if( !batch[i].buf_sz ) continue;
    if( !n ) return i;
    n--;
  }
  return i;
}

static int
pcapng_send( void * ctx, pl_aio_pkt_info_t const * batch, unsigned long batch_cnt, unsigned long * opt_batch_idx,
             int flush ) {
  pcapng_t * self = ctx;
  if( !batch_cnt ) {
    if( flush && self->head.state.state == PL_STATE_UP ) (void)write_out( self ); /* what fails shows in the state */
    return PL_AIO_SUCCESS;
  }
  uint64_t const earlier = self->blocks + self->queued; /* blocks before this call's first */
  uint64_t const wall_ns = self->wall_base + pl_clock_ns();
  uint32_t const snaplen = self->snaplen;
  uint64_t       room    = self->limit - ( self->file_sz + ( self->end - self->at ) ); /* the file may still grow by */
  int            cause   = self->head.limit ? CAUSE_LIMIT : self->head.state.state != PL_STATE_UP ? CAUSE_FAILED : 0;
  int            writing = !cause;
  uint64_t       empty   = 0UL; /* packets without bytes; they have no block */
  unsigned long  i       = 0UL;
  for( ; !cause && i < batch_cnt; i++ ) {
    uint32_t sz = batch[i].buf_sz;
    if( !sz ) {
      empty++;
      continue;
    }
    if( sz > PL_AIO_PKT_INFO_BUF_MAX ) {
      cause = CAUSE_BUF_MAX;
      break;
    }
    uint32_t need = epb_sz( sz < snaplen ? sz : snaplen );
    if( need > room ) {
      self->head.limit = 1;
      cause            = CAUSE_LIMIT;
      break;
    }
    if( self->end + need > WRITE_MAX && ( cause = write_out( self ) ) ) break;
    self->end += put_epb( self->buf + self->end, &batch[i], snaplen, wall_ns );
    self->queued++;
    room -= need;
  }
  if( writing && flush && cause != CAUSE_FAILED && write_out( self ) == CAUSE_FAILED ) cause = CAUSE_FAILED;
  if( writing && cause == CAUSE_FAILED ) { /* of this call only what is in the file was taken */
    i     = index_after( batch, batch_cnt, self->blocks > earlier ? self->blocks - earlier : 0UL );
    empty = 0UL;
    for( unsigned long j = 0UL; j < i; j++ ) empty += !batch[j].buf_sz;
  }
  self->head.completed += empty;
  if( !cause || i == batch_cnt ) return PL_AIO_SUCCESS; /* a failure shows in the state all the same */

  self->head.cause = (pl_cause_t){ .id = cause,
                                   .a  = cause == CAUSE_BUF_MAX ? batch[i].buf_sz : self->limit,
                                   .b  = (uint64_t)self->head.state.err };
  if( opt_batch_idx ) *opt_batch_idx = i;
  return cause == CAUSE_BUF_MAX ? PL_AIO_ERR_INVAL : PL_AIO_ERR_AGAIN;
}

static int
pcapng_idle( pl_backend_t const * head ) {
  pcapng_t const * self = (pcapng_t const *)head;
  return !self->queued;
}

/* How long the rest of a half-written block may take. */
#define FINISH_MS (20)

/* A pipe gets no more after the last count: of what is buffered only the block that
   has begun is finished, if its reader lets it. */
static void
pcapng_settle( pl_backend_t * head ) {
  pcapng_t * self = (pcapng_t *)head;
  if( !self->queued || self->regular ) return;
  uint64_t      begun = self->file_sz - self->whole;
  unsigned long block = self->at - begun;
  self->end           = begun ? block + get32( self->buf + block + 4 ) : self->at;
  self->queued        = begun ? 1UL : 0UL;
  for( struct pollfd pipe = { .fd = self->fd, .events = POLLOUT }; write_out( self ) == CAUSE_NO_ROOM; )
    if( poll( &pipe, 1U, FINISH_MS ) < 1 ) break;
  self->cut = self->at < self->end;
  self->at = self->end = 0UL;
  self->queued         = 0UL;
}

/* Section header and one Ethernet interface with nanosecond time stamps. */
static unsigned long
put_header( uint8_t * p, uint32_t snaplen ) {
  static char const app[] = "Packet Lab";
  uint8_t * q = p;
  put32( q, 0x0a0d0d0aU );
  put32( q + 8, 0x1a2b3c4dU );
  put32( q + 12, 1U ); /* version 1.0 */
  memset( q + 16, 0xff, 8UL );
  put32( q + 24, 4U | (uint32_t)( sizeof( app ) - 1UL ) << 16 ); /* shb_userappl */
  memset( q + 28, 0, 12UL );
  memcpy( q + 28, app, sizeof( app ) - 1UL );
  put32( q + 40, 0U ); /* opt_endofopt */
  put32( q + 44, 48U );
  put32( q + 4, 48U );
  q += 48;
  put32( q, 1U );
  put32( q + 4, 32U );
  put32( q + 8, 1U ); /* LINKTYPE_ETHERNET */
  put32( q + 12, snaplen );
  put32( q + 16, 9U | 1U << 16 ); /* if_tsresol: 10^-9 */
  put32( q + 20, 9U );
  put32( q + 24, 0U );
  put32( q + 28, 32U );
  return 48UL + 32UL;
}

/* Opens path for writing; a new file, or an old one when force says so, which is
   not yet emptied.  Pipes and devices hold nothing that could be overwritten. */
static int
open_output( char const * path, int force, int * regular, int * created ) {
  struct stat st;
  int         there = !stat( path, &st );
  int         flags = O_WRONLY | O_CLOEXEC | O_NONBLOCK;
  *created          = !there;
  if( !there ) flags |= O_CREAT | O_EXCL;
  if( there && S_ISREG( st.st_mode ) && !force ) {
    errno = EEXIST;
    return -1;
  }
  int fd = open( path, flags, 0666 );
  if( fd < 0 ) return -1;
  *regular = !fstat( fd, &st ) && S_ISREG( st.st_mode );
  return fd;
}

static void
pcapng_close( pl_backend_t * head ) {
  pcapng_t * self = (pcapng_t *)head;
  head->stop      = NULL;
  if( head->state.state == PL_STATE_UP ) (void)write_out( self );
  close( self->fd );
  free( self );
}

static pl_backend_t *
pcapng_open( pl_opt_vals_t const * vals, int force, pl_err_t * err ) {
  char const *  path    = vals->str[OPT_FILE];
  unsigned long path_sz = strlen( path ) + 1UL;
  int           regular = 0, created = 0;
  pcapng_t *    self = calloc( 1UL, sizeof( *self ) + path_sz );
  if( !self ) {
    pl_err_set( err, ENOMEM, "memory", "%.200s cannot be written: out of memory.", path );
    return NULL;
  }
  memcpy( self->path, path, path_sz );
  self->fd = open_output( path, force, &regular, &created );
  if( self->fd < 0 ) {
    int e = errno;
    if( e == EEXIST )
      pl_err_set( err, e, "open", "%.200s exists already and is kept; choose another name, or allow overwriting (--force).",
                  path );
    else if( e == ENXIO )
      pl_err_set( err, e, "open", "%.200s is a pipe that nobody reads; start its reader first.", path );
    else
      pl_err_set( err, e, "open", "%.200s cannot be written: %s.", path, strerror( e ) );
    free( self );
    return NULL;
  }
  self->regular    = regular;
  self->wall_base  = pl_clock_wall_base();
  self->snaplen    = (uint32_t)vals->num[OPT_SNAPLEN];
  self->limit      = (uint64_t)vals->num[OPT_LIMIT];
  self->head.def   = &pl_backend_pcapng;
  self->head.aio   = (pl_aio_t){ .ctx = self, .send_func = pcapng_send };
  unsigned long sz = put_header( self->buf, self->snaplen );
  ssize_t       n  = write( self->fd, self->buf, sz );
  /* An old file loses what was in it only once the header is there. */
  if( n == (ssize_t)sz && regular && ftruncate( self->fd, (off_t)sz ) ) n = -1;
  if( n != (ssize_t)sz ) { /* no room for the header: a fault of the run, like any later write */
    int e = n < 0 ? errno : ENOSPC;
    fail( self, e );
    if( created ) unlink( path );
    else if( regular && n < 0 )
      snprintf( self->head.state.sentence, PL_SENTENCE_MAX,
                "Writing %.180s failed: %s. What was in it before is kept; free some space or choose another file.", path,
                strerror( e ) );
    return &self->head;
  }
  self->file_sz = self->whole = sz;
  return &self->head;
}

static void
pcapng_cause_text( pl_cause_t const * cause, char * buf, unsigned long buf_sz ) {
  switch( cause->id ) {
  case CAUSE_BUF_MAX: pl_buf_max_text( cause->a, buf, buf_sz ); break;
  case CAUSE_LIMIT:
    snprintf( buf, buf_sz, "The capture file has reached its limit of %lu B; nothing more is written.", cause->a );
    break;
  case CAUSE_NO_ROOM: snprintf( buf, buf_sz, "The pipe has no room: its reader is slower than the run." ); break;
  case CAUSE_STOP:    snprintf( buf, buf_sz, "Stop was asked for between two writes." ); break;
  default: snprintf( buf, buf_sz, "The file cannot be written any more: %s.", strerror( (int)cause->b ) );
  }
}

pl_backend_def_t const pl_backend_pcapng = { .name       = "pcapng",
                                             .opts       = opts,
                                             .opt_cnt    = OPT_CNT,
                                             .open       = pcapng_open,
                                             .idle       = pcapng_idle,
                                             .settle     = pcapng_settle,
                                             .close      = pcapng_close,
                                             .cause_text = pcapng_cause_text };
