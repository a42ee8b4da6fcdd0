/* Clause 11 and the limits of sizes. */

#include "bench.h"
#include "hash.h"

#define ROUNDS (200UL)
#define LARGEST_BATCH (40UL)

/* A size: mostly the case's own, now and then every special one. */
static unsigned long
some_size( bench_case_t const * c, uint32_t r ) {
  static unsigned long const special[] = { 0UL, 1UL, 13UL, 14UL, 59UL, 60UL, 1514UL, 4096UL, 4097UL, 9000UL, 65535UL };
  if( r % 4U ) return c->sz;
  r /= 4U;
  return r % 3U ? special[r / 3U % 11U] : r / 3U % 1600U;
}

/* A packet that was taken, to be found again at the far end. */
typedef struct {
  uint64_t n;
  uint32_t sz;
} sent_t;

/* Sends one batch of round as it comes: the tail after INVAL and AGAIN is given
   up.  Counts, and notes what was taken. */
static void
send_round( bench_t * b, bench_case_t const * c, bench_batch_t * batch, uint64_t round, uint64_t counts[4], sent_t * sent,
            unsigned long * sent_cnt ) {
  uint32_t      seed = (uint32_t)c->sz;
  unsigned long cnt  = pl_hash32( seed, 0U, 1U, round ) % ( LARGEST_BATCH + 1UL );
  bench_batch_clear( batch );
  for( unsigned long i = 0UL; i < cnt; i++ )
    bench_batch_add( batch, some_size( c, pl_hash32( seed, 1U, (uint32_t)i, round ) ), round * LARGEST_BATCH + i, 0x0800 );
  unsigned long idx;
  int           code = bench_send( b, batch, 0UL, (int)( pl_hash32( seed, 2U, 0U, round ) & 1U ), &idx );
  counts[0] += cnt;
  counts[1] += idx;
  if( code == PL_AIO_ERR_INVAL ) counts[2] += 1UL, counts[3] += cnt - idx - 1UL;
  if( code == PL_AIO_ERR_AGAIN ) counts[2] += cnt - idx;
  CHECK_EQ( counts[0], counts[1] + counts[2] + counts[3] );
  CHECK_EQ( counts[1], b->taken );
  for( unsigned long i = 0UL; i < idx; i++ ) {
    uint32_t sz = batch->batch[i].buf_sz;
    if( !sz || ( c->subject->drops_over && sz > PL_AIO_PKT_INFO_BUF_MAX ) ) continue;
    sent[( *sent_cnt )++] = (sent_t){ .n = round * LARGEST_BATCH + i, .sz = sz };
  }
}

void
clause_counters( void const * arg ) {
  static sent_t        sent[ROUNDS * LARGEST_BATCH];
  bench_case_t const * c         = arg;
  unsigned long        sent_cnt  = 0UL;
  uint64_t             counts[4] = { 0UL }; /* offered, taken, refused, unexamined */
  bench_batch_t        batch;
  bench_t              b;
  frames_t             arrived;
  if( !bench_open( &b, c ) ) return;
  bench_batch_new( &batch, LARGEST_BATCH, LARGEST_BATCH * 65536UL );
  for( uint64_t round = 0UL; round < ROUNDS; round++ ) {
    send_round( &b, c, &batch, round, counts, sent, &sent_cnt );
    if( round % 3UL == 0UL && c->subject->work ) c->subject->work( &b.inst );
    bench_look( &b );
    if( round % 17UL == 0UL ) bench_flush( &b );
  }
  CHECK( counts[1] > 0UL );
  bench_close( &b, &arrived );
  if( c->subject->exact && CHECK_EQ( arrived.cnt, sent_cnt ) )
    for( unsigned long i = 0UL; i < sent_cnt; i++ ) {
      if( !CHECK( frames_match( &arrived, i, sent[i].sz, sent[i].n ) ) ) break;
      CHECK_EQ( arrived.at[i].origlen, sent[i].sz );
    }
  frames_free( &arrived );
  bench_batch_delete( &batch );
}

/* Offers one packet to a fresh instance. */
static void
offer( bench_case_t const * c, unsigned long sz, uint16_t ethertype, int valid ) {
  bench_t       b;
  frames_t      arrived;
  bench_batch_t batch;
  unsigned long idx;
  if( !bench_open( &b, c ) ) return;
  bench_batch_new( &batch, 1UL, 65536UL );
  bench_batch_add( &batch, sz, sz, ethertype );
  CHECK_EQ( bench_send( &b, &batch, 0UL, 1, &idx ), valid ? PL_AIO_SUCCESS : PL_AIO_ERR_INVAL );
  CHECK_EQ( idx, valid ? 1UL : 0UL );
  bench_close( &b, &arrived );
  int gone = !valid || ( c->subject->drops_over && sz > PL_AIO_PKT_INFO_BUF_MAX );
  if( c->subject->exact && CHECK_EQ( arrived.cnt, gone ? 0UL : 1UL ) && !gone )
    CHECK( arrived.at[0].sz == sz && !memcmp( arrived.at[0].data, batch.batch[0].buf, sz ) );
  frames_free( &arrived );
  bench_batch_delete( &batch );
}

void
clause_sizes( void const * arg ) {
  bench_case_t const * c   = arg;
  int                  any = c->subject->any_size;
  unsigned long        mtu = c->subject->mtu;
  unsigned long        max = mtu ? mtu + 14UL : PL_AIO_PKT_INFO_BUF_MAX;
  for( unsigned long sz = 1UL; sz < 16UL && sz <= max; sz++ ) offer( c, sz, 0x0800, !c->subject->datagrams && ( sz >= 14UL || !c->subject->ethernet ) );
  if( max < PL_AIO_PKT_INFO_BUF_MAX ) {
    offer( c, max, 0x0800, 1 );
    offer( c, max + 1UL, 0x0800, 0 );
    uint16_t const tagged[2] = { 0x8100, 0x88a8 };
    for( int i = 0; i < 2; i++ ) {
      offer( c, max + 1UL, tagged[i], 1 );
      offer( c, max + 4UL, tagged[i], 1 );
      offer( c, max + 5UL, tagged[i], 0 );
    }
    offer( c, max + 4UL, 0x9100, 0 ); /* an old tag type that gives no room */
    offer( c, max + 4UL, 0x0081, 0 ); /* the other byte order */
  }
  offer( c, 4096UL, 0x0800, any || max >= 4096UL );
  offer( c, 4097UL, 0x0800, any );
  offer( c, 4097UL, 0x8100, any ); /* a tag gives no room beyond the largest buffer */
  offer( c, 9000UL, 0x0800, any );
  offer( c, 65535UL, 0x0800, any );
}
