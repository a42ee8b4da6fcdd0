/* Clauses 1 to 5: what may be given, and what happens to it. */

#include "bench.h"

void
clause_zero_batch( void const * arg ) {
  bench_case_t const * c = arg;
  bench_t              b;
  frames_t             arrived;
  if( !bench_open( &b, c ) ) return;
  bench_batch_t batch;
  bench_batch_new( &batch, 1UL, c->sz );
  bench_batch_add( &batch, c->sz, 1UL, 0x0800 );
  for( int flush = 0; flush < 2; flush++ ) {
    for( int filled = 0; filled < 2; filled++ ) { /* on an empty instance and with a packet under way */
      unsigned long idx = 77UL;
      CHECK_EQ( pl_aio_send( b.inst.aio, NULL, 0UL, NULL, flush ), PL_AIO_SUCCESS );
      CHECK_EQ( pl_aio_send( b.inst.aio, NULL, 0UL, &idx, flush ), PL_AIO_SUCCESS );
      CHECK_EQ( pl_aio_send( b.inst.aio, batch.batch, 0UL, &idx, flush ), PL_AIO_SUCCESS );
      CHECK_EQ( idx, 77UL );
      bench_look( &b );
      if( !flush && !filled ) bench_send( &b, &batch, 0UL, 0, &idx );
    }
  }
  CHECK_EQ( b.taken, 1UL );
  bench_close( &b, &arrived );
  if( c->subject->exact ) CHECK_EQ( arrived.cnt, 1UL );
  frames_free( &arrived );
  bench_batch_delete( &batch );
}

void
clause_zero_size( void const * arg ) {
  bench_case_t const * c = arg;
  bench_t              b;
  frames_t             arrived;
  bench_batch_t        batch;
  unsigned long        idx;
  if( !bench_open( &b, c ) ) return;
  bench_batch_new( &batch, 16UL, 16UL * c->sz );

  /* Only such packets, with and without a buffer that could be read. */
  for( int i = 0; i < 3; i++ ) bench_batch_add( &batch, 0UL, 0UL, 0 );
  batch.batch[1].buf = batch.bytes;
  CHECK_EQ( bench_send( &b, &batch, 0UL, 0, &idx ), PL_AIO_SUCCESS );
  CHECK_EQ( b.taken, 3UL );
  CHECK_EQ( bench_send( &b, &batch, 0UL, 1, &idx ), PL_AIO_SUCCESS );
  CHECK_EQ( b.taken, 6UL );

  /* Between others. */
  unsigned long n = bench_fit( c, 3UL );
  bench_batch_clear( &batch );
  for( unsigned long i = 0UL; i < n; i++ ) {
    bench_batch_add( &batch, 0UL, 0UL, 0 );
    bench_batch_add( &batch, c->sz, i, 0x0800 );
  }
  bench_batch_add( &batch, 0UL, 0UL, 0 );
  CHECK_EQ( bench_send( &b, &batch, 0UL, 1, &idx ), PL_AIO_SUCCESS );
  CHECK_EQ( b.taken, 6UL + 2UL * n + 1UL );
  bench_close( &b, &arrived );
  if( c->subject->exact ) {
    CHECK_EQ( arrived.cnt, n );
    for( unsigned long i = 0UL; i < n; i++ ) CHECK( frames_match( &arrived, i, c->sz, i ) );
  }
  frames_free( &arrived );
  bench_batch_delete( &batch );
}

void
clause_overlapping( void const * arg ) {
  bench_case_t const * c = arg;
  bench_t              b;
  frames_t             arrived;
  bench_batch_t        batch;
  unsigned long const  n = 12UL;
  if( !bench_open( &b, c ) ) return;
  bench_batch_new( &batch, n, 2UL * c->sz );
  bench_batch_add( &batch, c->sz, 5UL, 0x0800 ); /* the bytes that all of them share */
  memcpy( batch.bytes + c->sz, batch.bytes, c->sz );
  batch.cnt = 0UL;
  for( unsigned long i = 0UL; i < n; i++ ) {
    /* The same buffer twice, then one that starts a byte later and is shorter. */
    unsigned long off        = i % 3UL == 2UL && !c->subject->datagrams ? i : 0UL;
    batch.batch[batch.cnt++] = (pl_aio_pkt_info_t){ .buf = batch.bytes + off, .buf_sz = (uint16_t)( c->sz - off ) };
  }
  bench_batch_lock( &batch, 1 );
  bench_send_all( &b, &batch, 1 );
  CHECK_EQ( b.taken, n );
  bench_close( &b, &arrived );
  if( c->subject->exact && CHECK_EQ( arrived.cnt, n ) )
    for( unsigned long i = 0UL; i < n; i++ ) {
      CHECK_EQ( arrived.at[i].sz, batch.batch[i].buf_sz );
      CHECK( !memcmp( arrived.at[i].data, batch.batch[i].buf, arrived.at[i].sz ) );
    }
  frames_free( &arrived );
  bench_batch_delete( &batch );
}

void
clause_input_kept( void const * arg ) {
  bench_case_t const * c = arg;
  bench_t              b;
  frames_t             arrived;
  bench_batch_t        batch;
  unsigned long const  n = 24UL;
  if( !bench_open( &b, c ) ) return;
  bench_batch_new( &batch, n, n * c->sz );
  for( unsigned long i = 0UL; i < n; i++ ) bench_batch_add( &batch, i % 5UL ? c->sz : 0UL, i, 0x0800 );
  bench_batch_lock( &batch, 1 ); /* a write would end the program */
  int rounds = c->subject->completes || !c->subject->room ? 4 : 1; /* else a second round has no room */
  for( int round = 0; round < rounds; round++ ) bench_send_all( &b, &batch, round & 1 );
  bench_close( &b, &arrived );
  bench_batch_lock( &batch, 0 );
  if( c->subject->exact )
    for( unsigned long i = 0UL; i < arrived.cnt; i++ ) {
      uint64_t of = i % 19UL; /* 19 of 24 have bytes: all but every fifth */
      CHECK( frames_match( &arrived, i, c->sz, 1UL + of / 4UL * 5UL + of % 4UL ) );
    }
  frames_free( &arrived );
  bench_batch_delete( &batch );
}

void
clause_nothing_retained( void const * arg ) {
  bench_case_t const * c = arg;
  bench_t              b;
  frames_t             arrived;
  unsigned long const  n = bench_fit( c, 20UL );
  if( !bench_open( &b, c ) ) return;
  for( uint64_t round = 0UL; round < 2UL; round++ ) {
    bench_batch_t batch;
    bench_batch_new( &batch, n, n * c->sz );
    for( unsigned long i = 0UL; i < n; i++ ) bench_batch_add( &batch, c->sz, round * n + i, 0x0800 );
    unsigned long idx;
    CHECK_EQ( bench_send( &b, &batch, 0UL, 0, &idx ), PL_AIO_SUCCESS );
    memset( batch.bytes, 0xee, n * c->sz );
    memset( batch.batch, 0xee, n * sizeof( pl_aio_pkt_info_t ) );
    bench_batch_delete( &batch ); /* from here on whoever looks again ends the program */
    bench_flush( &b );
    if( !c->subject->completes ) break; /* a second batch has no room */
  }
  uint64_t sent = b.taken;
  bench_close( &b, &arrived );
  if( c->subject->exact && CHECK_EQ( arrived.cnt, sent ) )
    for( unsigned long i = 0UL; i < arrived.cnt; i++ ) CHECK( frames_match( &arrived, i, c->sz, i ) );
  /* With a model of loss and disorder: each is one of those that were sent. */
  if( c->subject->sees && !c->subject->exact )
    for( unsigned long i = 0UL; i < arrived.cnt; i++ ) {
      uint64_t of = 0UL;
      while( of < sent && !frames_match( &arrived, i, c->sz, of ) ) of++;
      CHECK( of < sent );
    }
  frames_free( &arrived );
}
