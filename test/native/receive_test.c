/* What a receiver says of frames that come in any order, against a model that keeps
   them all. */

#include "frames.h"
#include "hash.h"
#include "receive/receiver.h"
#include "tap.h"

#include <stdlib.h>

#define SZ (80UL)

static uint32_t
draw( uint32_t seed, uint32_t what, uint64_t n, uint32_t below ) {
  return pl_hash32( seed, 0U, what, n ) % below;
}

/* A frame of an EtherType of one's own, so that its payload is all behind the header. */
static void
signed_frame( uint8_t * frame, uint16_t stream, uint64_t seq, uint64_t t_ns ) {
  pl_signature_place_t place;
  frame_fill( frame, SZ, seq, 0x88b5 );
  CHECK( pl_signature_find( frame, SZ, &place ) );
  pl_signature_write( frame, &place, &(pl_signature_t){ .stream = stream, .seq = seq, .t_ns = t_ns } );
}

static pl_backend_t head;

static pl_receiver_t *
made( int attached ) {
  head = (pl_backend_t){ .attached = attached };
  return pl_receiver_new( &head, 1 );
}

static void
take_one( pl_receiver_t * r, uint16_t stream, uint64_t seq, uint64_t t_ns, uint64_t now ) {
  uint8_t frame[SZ];
  signed_frame( frame, stream, seq, t_ns );
  pl_aio_pkt_info_t const pkt = { .buf = frame, .buf_sz = SZ };
  pl_receiver_take( r, &pkt, 1UL, now );
}

static pl_rx_totals_t
totals( pl_receiver_t * r ) {
  pl_rx_totals_t t;
  pl_receiver_publish( r );
  pl_receiver_read( r, &t );
  return t;
}

/* So many packets, some lost, some twice, in any order. */
static unsigned long
script( uint32_t seed, uint64_t * seqs, unsigned long cnt ) {
  unsigned long n = 0UL;
  for( uint64_t seq = 0UL; seq < cnt; seq++ ) {
    uint32_t fate = draw( seed, 1U, seq, 10U );
    for( uint32_t copy = 0U; copy < ( fate == 0U ? 0U : fate == 1U ? 2U : fate == 2U ? 3U : 1U ); copy++ ) seqs[n++] = seq;
  }
  uint32_t reach = 1U + draw( seed, 2U, 0UL, 2U ) * (uint32_t)n; /* nearly in order, or in none */
  for( unsigned long i = n; i-- > 1UL; ) {
    unsigned long far = reach > 1U ? i : i < 4UL ? i : 4UL;
    unsigned long k   = i - draw( seed, 3U, i, (uint32_t)far + 1U );
    uint64_t      old = seqs[i];
    seqs[i]           = seqs[k];
    seqs[k]           = old;
  }
  return n;
}

static void
any_order( void ) {
  for( uint32_t seed = 0U; seed < 400U; seed++ ) {
    unsigned long const cnt  = 1UL + draw( seed, 0U, 0UL, 300U );
    uint64_t *          seqs = calloc( 3UL * cnt, sizeof( uint64_t ) );
    uint8_t *           here = calloc( cnt, 1UL );
    pl_receiver_t *     r    = made( 0 );
    unsigned long const n    = script( seed, seqs, cnt );
    pl_rx_stream_t      want = { 0 };
    uint64_t            top  = 0UL; /* one above the highest */
    for( unsigned long i = 0UL; i < n; i++ ) {
      take_one( r, 3U, seqs[i], 1000UL + seqs[i], 5000UL + 10UL * i );
      if( here[seqs[i]] ) {
        want.duplicated++;
      } else {
        want.received++;
        want.reordered += seqs[i] < top;
        if( seqs[i] >= top ) top = seqs[i] + 1UL;
      }
      here[seqs[i]] = 1U;
      want.lost     = 0UL;
      for( uint64_t s = 0UL; s < top; s++ ) want.lost += !here[s];
      pl_rx_stream_t const got = r->now.stream[3];
      CHECK( got.received == want.received && got.duplicated == want.duplicated && got.reordered == want.reordered &&
             got.lost == want.lost );
    }
    pl_receiver_sent( r, 3UL, cnt );
    pl_rx_totals_t const t = totals( r );
    CHECK_EQ( t.stream[3].lost + t.stream[3].received, cnt );
    CHECK( t.stream[3].seen && !t.stream[2].seen && !t.unsigned_cnt && !t.too_late );
    pl_quantiles_t q;
    pl_hist_read( &r->track[3].latency, &q );
    CHECK_EQ( q.n, t.stream[3].received );
    pl_hist_read( &r->track[3].gap, &q );
    CHECK_EQ( q.n, n ? n - 1UL : 0UL );
    CHECK( n < 2UL || q.max == 10UL );
    pl_receiver_delete( r );
    free( here );
    free( seqs );
  }
}

static void
far_behind( void ) {
  pl_receiver_t * r = made( 0 );
  take_one( r, 0U, PL_SEQ_WINDOW, 1UL, 2UL );
  CHECK_EQ( r->now.stream[0].lost, PL_SEQ_WINDOW );
  take_one( r, 0U, 1UL, 1UL, 2UL ); /* the last that is known */
  take_one( r, 0U, 1UL, 1UL, 2UL );
  take_one( r, 0U, 0UL, 1UL, 2UL ); /* one too far */
  CHECK_EQ( r->now.stream[0].received, 2UL );
  CHECK_EQ( r->now.stream[0].reordered, 1UL );
  CHECK_EQ( r->now.stream[0].duplicated, 1UL );
  CHECK_EQ( r->now.stream[0].lost, PL_SEQ_WINDOW - 1UL );
  CHECK_EQ( r->now.too_late, 1UL );
  take_one( r, 0U, 10UL * PL_SEQ_WINDOW, 1UL, 2UL ); /* a jump over the whole window */
  take_one( r, 0U, 9UL * PL_SEQ_WINDOW + 1UL, 1UL, 2UL );
  CHECK_EQ( r->now.stream[0].received, 4UL );
  CHECK_EQ( r->now.stream[0].lost, 10UL * PL_SEQ_WINDOW + 1UL - 4UL );
  pl_receiver_delete( r );
}

/* Who is attached counts from what it sees first, and knows when the sender begins anew. */
static void
another_sends( void ) {
  pl_receiver_t * r = made( 1 );
  for( uint64_t seq = 100UL; seq < 200UL; seq++ )
    if( seq != 150UL ) take_one( r, 0U, seq, seq, 1000UL );
  CHECK_EQ( r->now.stream[0].received, 99UL );
  CHECK_EQ( r->now.stream[0].lost, 1UL );
  take_one( r, 0U, 98UL, 98UL, 1000UL ); /* came late, and 99 is missing */
  CHECK_EQ( r->now.stream[0].reordered, 1UL );
  CHECK_EQ( r->now.stream[0].lost, 2UL );
  take_one( r, 0U, 199UL, 199UL, 1000UL ); /* a copy */
  for( uint64_t seq = 0UL; seq < 10UL; seq++ ) take_one( r, 0U, seq, 5000UL, 6000UL );
  CHECK_EQ( r->now.stream[0].received, 110UL );
  CHECK_EQ( r->now.stream[0].lost, 2UL );
  CHECK_EQ( r->now.stream[0].duplicated, 1UL );
  CHECK_EQ( r->now.stream[0].reordered, 1UL );
  pl_receiver_sent( r, 0UL, 1000UL ); /* what it sends itself goes elsewhere */
  CHECK_EQ( r->now.stream[0].lost, 2UL );
  pl_receiver_delete( r );
}

static void
not_ours( void ) {
  uint8_t         frame[SZ], tiny[10] = { 0 };
  pl_receiver_t * r = made( 0 );
  frame_fill( frame, SZ, 0UL, 0x88b5 );
  pl_aio_pkt_info_t pkt[2] = { { .buf = frame, .buf_sz = SZ }, { .buf = tiny, .buf_sz = sizeof( tiny ) } };
  pl_receiver_take( r, pkt, 2UL, 1UL );
  take_one( r, PL_STREAMS, 0UL, 1UL, 1UL );
  CHECK_EQ( totals( r ).unsigned_cnt, 3UL );
  for( unsigned long i = 0UL; i < PL_STREAMS; i++ ) CHECK( !totals( r ).stream[i].seen );
  pl_receiver_sent( r, 5UL, 4UL ); /* not one arrived */
  CHECK( totals( r ).stream[5].seen && totals( r ).stream[5].lost == 4UL );
  pl_receiver_delete( r );
}

/* A recorder that takes so many and no more. */
static unsigned long room_left;

static int
some( void * ctx, pl_aio_pkt_info_t const * batch, unsigned long cnt, unsigned long * idx, int flush ) {
  (void)ctx, (void)batch, (void)flush;
  unsigned long taken = cnt < room_left ? cnt : room_left;
  room_left -= taken;
  if( taken == cnt ) return PL_AIO_SUCCESS;
  if( idx ) *idx = taken;
  return PL_AIO_ERR_AGAIN;
}

/* Only what the recorder took has been received; the rest comes again, or is lost here. */
static void
recorder_without_room( void ) {
  uint8_t           frame[8][SZ];
  pl_aio_pkt_info_t pkt[8];
  unsigned long     idx = 99UL;
  pl_receiver_t *   r   = made( 0 );
  pl_recorder_t     to  = { .aio = { .send_func = some } };
  head.recorder         = &to;
  for( uint64_t i = 0UL; i < 8UL; i++ ) {
    signed_frame( frame[i], 0U, i, 1UL );
    pkt[i] = (pl_aio_pkt_info_t){ .buf = frame[i], .buf_sz = SZ };
  }
  head.receiver = r;
  room_left     = 5UL;
  CHECK( pl_receive_sink( &head ) == &r->aio );
  CHECK_EQ( pl_aio_send( &r->aio, pkt, 8UL, &idx, 0 ), PL_AIO_ERR_AGAIN );
  CHECK_EQ( idx, 5UL );
  CHECK_EQ( r->now.stream[0].received, 5UL );
  CHECK_EQ( pl_aio_send( &r->aio, pkt + 5, 3UL, NULL, 0 ), PL_AIO_ERR_AGAIN );
  CHECK_EQ( r->now.stream[0].received, 5UL );
  head.peer_dropped = 3UL;
  CHECK_EQ( totals( r ).own_loss, 3UL );
  pl_receiver_delete( r );
}

static void
last_frames( void ) {
  pl_receiver_t *   r    = made( 0 );
  pl_frame_copy_t * out  = calloc( PL_FRAMES, sizeof( *out ) );
  uint64_t          all  = 1UL;
  uint8_t           frame[300];
  CHECK_EQ( pl_frames_list( &r->frames, out, PL_FRAMES, &all ), 0UL );
  CHECK_EQ( all, 0UL );
  for( uint64_t i = 1UL; i <= 1000UL; i++ ) {
    uint16_t sz = (uint16_t)( i % 300UL );
    frame_fill( frame, sz, i, 0x88b5 );
    pl_aio_pkt_info_t const pkt = { .buf = frame, .buf_sz = sz };
    pl_receiver_take( r, &pkt, 1UL, 10UL * i );
  }
  CHECK_EQ( pl_frames_list( &r->frames, out, PL_FRAMES, &all ), PL_FRAMES );
  CHECK_EQ( all, 1000UL );
  for( uint64_t i = 0UL; i < PL_FRAMES; i++ ) {
    uint64_t seq = 1000UL - PL_FRAMES + 1UL + i;
    CHECK( out[i].seq == seq && out[i].t_ns == 10UL * seq && out[i].sz == seq % 300UL );
    frame_fill( frame, out[i].sz, seq, 0x88b5 );
    CHECK( !memcmp( out[i].buf, frame, out[i].sz < PL_FRAME_MAX ? out[i].sz : PL_FRAME_MAX ) );
  }
  CHECK_EQ( pl_frames_list( &r->frames, out, 3UL, &all ), 3UL );
  CHECK_EQ( out[2].seq, 1000UL );
  free( out );
  pl_receiver_delete( r );
}

int
main( void ) {
  tap_run( "any order, with losses and copies", any_order );
  tap_run( "numbers far behind", far_behind );
  tap_run( "what another instance sends", another_sends );
  tap_run( "frames that are not ours", not_ours );
  tap_run( "a recorder without room", recorder_without_room );
  tap_run( "the last frames", last_frames );
  return tap_end();
}
