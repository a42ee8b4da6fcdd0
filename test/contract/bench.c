#include "bench.h"
#include "files.h"
#include "run/clock.h"

#include <stdio.h>
#include <sys/mman.h>

/* Attempts before a send that gets nowhere counts as stuck. */
#define TRIES (100000)

static unsigned long
pages( unsigned long sz ) {
  return ( sz + 4095UL ) & ~4095UL;
}

static void *
map( unsigned long sz ) {
  void * p = mmap( NULL, pages( sz ), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0 );
  return p == MAP_FAILED ? NULL : p;
}

void
bench_batch_new( bench_batch_t * self, unsigned long max, unsigned long bytes ) {
  *self       = (bench_batch_t){ .max = max, .cap = bytes };
  self->batch = map( max * sizeof( pl_aio_pkt_info_t ) );
  self->bytes = map( bytes );
  CHECK( self->batch && self->bytes );
}

void
bench_batch_clear( bench_batch_t * self ) {
  self->cnt = self->used = 0UL;
}

void
bench_batch_delete( bench_batch_t * self ) {
  munmap( self->batch, pages( self->max * sizeof( pl_aio_pkt_info_t ) ) );
  munmap( self->bytes, pages( self->cap ) );
}

void
bench_batch_add( bench_batch_t * self, unsigned long sz, uint64_t n, uint16_t ethertype ) {
  if( !CHECK( self->cnt < self->max && self->used + sz <= self->cap ) ) return;
  uint8_t * buf = sz ? self->bytes + self->used : NULL;
  if( sz ) frame_fill( buf, sz, n, ethertype );
  self->batch[self->cnt++] = (pl_aio_pkt_info_t){ .buf = buf, .buf_sz = (uint16_t)sz };
  self->used += sz;
}

void
bench_batch_lock( bench_batch_t * self, int locked ) {
  int prot = locked ? PROT_READ : PROT_READ | PROT_WRITE;
  CHECK( !mprotect( self->batch, pages( self->max * sizeof( pl_aio_pkt_info_t ) ), prot ) );
  CHECK( !mprotect( self->bytes, pages( self->cap ), prot ) );
}

int
bench_open( bench_t * self, bench_case_t const * c ) {
  memset( self, 0, sizeof( *self ) );
  self->inst.subject = c->subject;
  return CHECK( c->subject->open( &self->inst ) );
}

void
bench_look( bench_t * self ) {
  uint64_t completed = self->inst.subject->completed( &self->inst );
  CHECK( completed >= self->completed );
  CHECK( completed <= self->taken );
  self->completed = completed;
}

int
bench_invalid( clause_subject_t const * subject, pl_aio_pkt_info_t const * pkt ) {
  if( !pkt->buf_sz || subject->any_size ) return 0;
  if( pkt->buf_sz > PL_AIO_PKT_INFO_BUF_MAX ) return 1;
  if( subject->datagrams && pkt->buf_sz < 42U ) return 1; /* see frame_fill */
  if( subject->ethernet && pkt->buf_sz < 14U ) return 1;
  uint8_t const * p    = pkt->buf;
  int             vlan = pkt->buf_sz >= 14U && ( ( p[12] == 0x88 && p[13] == 0xa8 ) || ( p[12] == 0x81 && !p[13] ) );
  return subject->mtu && pkt->buf_sz > subject->mtu + 14UL + ( vlan ? 4UL : 0UL );
}

/* Has the subject move what it can. */
static void
move( bench_t * self ) {
  if( self->inst.subject->work ) self->inst.subject->work( &self->inst );
  self->unread = 0UL;
}

int
bench_send( bench_t * self, bench_batch_t const * b, unsigned long first, int flush, unsigned long * idx ) {
  unsigned long const             untouched = 0xdeadbeefUL;
  unsigned long                   at        = untouched;
  unsigned long                   cnt       = b->cnt - first;
  pl_aio_pkt_info_t const *       batch     = b->batch + first;
  clause_subject_t const * const  subject   = self->inst.subject;
  unsigned long                   taken     = cnt;
  if( subject->holds && self->unread + cnt > subject->holds ) move( self );
  int code = pl_aio_send( self->inst.aio, batch, cnt, &at, flush );
  if( code == PL_AIO_SUCCESS ) {
    CHECK_EQ( at, untouched );
  } else if( CHECK( code == PL_AIO_ERR_INVAL || code == PL_AIO_ERR_AGAIN ) && CHECK( at < cnt ) ) {
    taken = at;
    if( code == PL_AIO_ERR_INVAL ) CHECK( bench_invalid( subject, &batch[at] ) );
    else CHECK( subject->room );
  }
  for( unsigned long i = 0UL; i < taken; i++ ) CHECK( !bench_invalid( subject, &batch[i] ) );
  self->taken += taken;
  self->unread += taken;
  bench_look( self );
  *idx = taken;
  return code;
}

int
bench_send_all( bench_t * self, bench_batch_t const * b, int flush ) {
  unsigned long at = 0UL;
  for( int tries = 0; tries < TRIES; tries++ ) {
    unsigned long idx;
    int           code = bench_send( self, b, at, flush, &idx );
    at += idx;
    if( code == PL_AIO_SUCCESS ) return CHECK_EQ( at, b->cnt );
    if( !CHECK_EQ( code, PL_AIO_ERR_AGAIN ) ) return 0;
    bench_flush( self );
  }
  return CHECK( !"sending gets nowhere" );
}

void
bench_flush( bench_t * self ) {
  CHECK_EQ( pl_aio_send( self->inst.aio, NULL, 0UL, NULL, 1 ), PL_AIO_SUCCESS );
  move( self );
  bench_look( self );
}

void
bench_close( bench_t * self, frames_t * arrived ) {
  clause_subject_t const * subject = self->inst.subject;
  memset( arrived, 0, sizeof( *arrived ) );
  bench_flush( self );
  if( subject->completes ) CHECK_EQ( self->completed, self->taken );
  subject->close( &self->inst );
  if( subject->sees ) {
    CHECK( frames_load( arrived, self->inst.path ) );
    remove( self->inst.path );
  }
}

unsigned long
bench_fit( bench_case_t const * c, unsigned long n ) {
  return c->subject->room && c->subject->room < n ? c->subject->room : n;
}

/* ---- a backend of the table as a subject */

int
clause_backend_open( clause_instance_t * self ) {
  clause_subject_t const * s = self->subject;
  pl_opt_t                 opts[9];
  unsigned long            cnt = s->opt_cnt;
  pl_err_t                 err = { 0 };
  memcpy( opts, s->opts, sizeof( s->opts ) );
  int is_file = !strcmp( s->backend, "pcapng" );
  if( s->sees ) snprintf( self->path, sizeof( self->path ), "%s", files_new() );
  pl_opt_t const to = { .name = "file", .str = self->path };
  if( is_file ) opts[cnt++] = to;
  self->backend = pl_backend_open( s->backend, opts, cnt, 0, &err );
  if( !self->backend ) return CHECK_STR( err.sentence, "" ), 0;
  if( s->sees && !is_file ) {
    pl_backend_t * file = pl_backend_open( "pcapng", &to, 1UL, 0, &err );
    if( !CHECK( file ) || !CHECK( !pl_backend_set_peer_out( self->backend, file, &err ) ) ) return 0;
  }
  self->aio   = &self->backend->aio;
  self->clock = pl_clock_ns();
  return 1;
}

void
clause_backend_work( clause_instance_t * self ) {
  pl_backend_t * b = self->backend;
  if( !b->def->service ) return;
  /* The time is passed in, so that no rate and no delay is waited for. */
  for( int tries = 0; tries < TRIES; tries++ ) {
    uint64_t next = b->def->service( b, self->clock );
    if( next == UINT64_MAX ) return;
    self->clock = next > self->clock ? next : self->clock + 1UL;
  }
  CHECK( !"the service has no end" );
}

uint64_t
clause_backend_completed( clause_instance_t const * self ) {
  return self->backend->completed;
}

void
clause_backend_close( clause_instance_t * self ) {
  if( self->backend->def->settle ) self->backend->def->settle( self->backend );
  pl_backend_close( self->backend );
}
