/* Clauses 6 to 10: what the answer means. */

#include "bench.h"

void
clause_order( void const * arg ) {
  bench_case_t const * c = arg;
  bench_t              b;
  frames_t             arrived;
  bench_batch_t        batch;
  uint64_t             n = 0UL;
  if( !bench_open( &b, c ) ) return;
  bench_batch_new( &batch, 40UL, 40UL * c->sz );
  for( unsigned long round = 0UL; round < 30UL; round++ ) {
    unsigned long cnt = bench_fit( c, 1UL + round * 7UL % 40UL );
    bench_batch_clear( &batch );
    for( unsigned long i = 0UL; i < cnt; i++ ) bench_batch_add( &batch, c->sz, n + i, 0x0800 );
    if( !bench_send_all( &b, &batch, round % 3UL == 0UL ) ) break;
    n += cnt;
    if( round % 4UL == 1UL ) bench_flush( &b );
    if( !c->subject->completes ) break; /* no room for another */
  }
  bench_close( &b, &arrived );
  if( c->subject->exact ) {
    CHECK_EQ( arrived.cnt, n );
    for( unsigned long i = 0UL; i < arrived.cnt; i++ ) CHECK( frames_match( &arrived, i, c->sz, i ) );
  }
  frames_free( &arrived );
  bench_batch_delete( &batch );
}

void
clause_success_is_all( void const * arg ) {
  bench_case_t const * c = arg;
  bench_batch_t        batch;
  unsigned long const  most = bench_fit( c, 64UL );
  bench_batch_new( &batch, most, most * c->sz );
  for( unsigned long n = 1UL; n <= most; n = n < most && 2UL * n > most ? most : 2UL * n ) {
    bench_t  b;
    frames_t arrived;
    if( !bench_open( &b, c ) ) break;
    bench_batch_clear( &batch );
    for( unsigned long i = 0UL; i < n; i++ ) bench_batch_add( &batch, c->sz, i, 0x0800 );
    unsigned long idx;
    CHECK_EQ( bench_send( &b, &batch, 0UL, 1, &idx ), PL_AIO_SUCCESS ); /* looks at the index as well */
    CHECK_EQ( b.taken, n );
    bench_close( &b, &arrived );
    if( c->subject->exact ) CHECK_EQ( arrived.cnt, n );
    frames_free( &arrived );
    if( n == most ) break;
  }
  bench_batch_delete( &batch );
}

/* Fills a fresh instance up to its room: the next packet is not taken. */
static int
fill( bench_t * b, bench_case_t const * c ) {
  bench_batch_t batch;
  unsigned long idx, room = c->subject->room;
  bench_batch_new( &batch, room, room * c->sz );
  for( unsigned long i = 0UL; i < room; i++ ) bench_batch_add( &batch, c->sz, i, 0x0800 );
  int code = bench_send( b, &batch, 0UL, 0, &idx );
  bench_batch_delete( &batch );
  return CHECK_EQ( code, PL_AIO_SUCCESS );
}

void
clause_index( void const * arg ) {
  bench_case_t const * c = arg;
  bench_batch_t        batch;
  frames_t             arrived;
  bench_t              b;
  bench_batch_new( &batch, 8UL + c->subject->room, ( 8UL + c->subject->room ) * 5000UL );

  /* AGAIN at every index of the caller's batch, packets of no bytes included. */
  for( unsigned long free_slots = 0UL; c->subject->room && free_slots < 3UL && free_slots <= c->subject->room; free_slots++ ) {
    for( int with_idx = 0; with_idx < 2; with_idx++ ) {
      if( !bench_open( &b, c ) ) return;
      bench_batch_clear( &batch );
      unsigned long lead = c->subject->room - free_slots;
      for( unsigned long i = 0UL; i < lead; i++ ) bench_batch_add( &batch, c->sz, i, 0x0800 );
      unsigned long idx = 0UL;
      if( lead ) CHECK_EQ( bench_send( &b, &batch, 0UL, 0, &idx ), PL_AIO_SUCCESS );
      bench_batch_clear( &batch );
      bench_batch_add( &batch, 0UL, 0UL, 0 );
      for( unsigned long i = 0UL; i < free_slots + 2UL; i++ ) bench_batch_add( &batch, c->sz, lead + i, 0x0800 );
      if( with_idx ) {
        CHECK_EQ( bench_send( &b, &batch, 0UL, 0, &idx ), PL_AIO_ERR_AGAIN );
        CHECK_EQ( idx, 1UL + free_slots );
      } else {
        CHECK_EQ( pl_aio_send( b.inst.aio, batch.batch, batch.cnt, NULL, 0 ), PL_AIO_ERR_AGAIN );
        b.taken += 1UL + free_slots;
      }
      bench_close( &b, &arrived );
      if( c->subject->exact ) CHECK_EQ( arrived.cnt, c->subject->room );
      frames_free( &arrived );
    }
  }

  /* INVAL at every index there is room for. */
  unsigned long const most = bench_fit( c, 4UL );
  for( unsigned long bad = 0UL; !c->subject->any_size && bad <= most; bad++ ) {
    for( int with_idx = 0; with_idx < 2; with_idx++ ) {
      if( !bench_open( &b, c ) ) return;
      bench_batch_clear( &batch );
      for( unsigned long i = 0UL; i < bad; i++ ) bench_batch_add( &batch, c->sz, i, 0x0800 );
      bench_batch_add( &batch, 4097UL, bad, 0x0800 );
      bench_batch_add( &batch, c->sz, bad + 1UL, 0x0800 );
      unsigned long idx = 0UL;
      if( with_idx ) {
        CHECK_EQ( bench_send( &b, &batch, 0UL, 0, &idx ), PL_AIO_ERR_INVAL );
        CHECK_EQ( idx, bad );
      } else {
        CHECK_EQ( pl_aio_send( b.inst.aio, batch.batch, batch.cnt, NULL, 0 ), PL_AIO_ERR_INVAL );
        b.taken += bad;
      }
      bench_close( &b, &arrived );
      if( c->subject->exact ) CHECK_EQ( arrived.cnt, bad );
      frames_free( &arrived );
    }
  }
  bench_batch_delete( &batch );
}

void
clause_inval_and_again( void const * arg ) {
  bench_case_t const * c = arg;
  bench_batch_t        batch;
  frames_t             arrived;
  bench_t              b;
  unsigned long        idx;
  bench_batch_new( &batch, 8UL, 8UL * 5000UL );

  /* INVAL: the next one is as good as it ever was, and the blamed one stays bad. */
  if( !c->subject->any_size ) {
    if( !bench_open( &b, c ) ) return;
    bench_batch_add( &batch, 4097UL, 0UL, 0x0800 );
    bench_batch_add( &batch, 5000UL, 1UL, 0x0800 );
    bench_batch_add( &batch, c->sz, 2UL, 0x0800 );
    for( int i = 0; i < 3; i++ ) {
      CHECK_EQ( bench_send( &b, &batch, 0UL, 0, &idx ), PL_AIO_ERR_INVAL );
      CHECK_EQ( idx, 0UL );
    }
    CHECK_EQ( bench_send( &b, &batch, 1UL, 0, &idx ), PL_AIO_ERR_INVAL );
    CHECK_EQ( idx, 0UL );
    CHECK_EQ( b.taken, 0UL );
    CHECK_EQ( bench_send( &b, &batch, 2UL, 1, &idx ), PL_AIO_SUCCESS );
    bench_close( &b, &arrived );
    if( c->subject->exact && CHECK_EQ( arrived.cnt, 1UL ) ) CHECK( frames_match( &arrived, 0UL, c->sz, 2UL ) );
    frames_free( &arrived );
  }

  /* AGAIN: the same packet, offered again once there is room, is taken. */
  if( c->subject->room ) {
    if( !bench_open( &b, c ) ) return;
    bench_batch_clear( &batch );
    bench_batch_add( &batch, c->sz, c->subject->room, 0x0800 );
    if( fill( &b, c ) )
      for( int i = 0; i < ( c->subject->frees ? 1 : 3 ); i++ ) {
        CHECK_EQ( bench_send( &b, &batch, 0UL, 1, &idx ), PL_AIO_ERR_AGAIN );
        CHECK_EQ( idx, 0UL );
      }
    if( c->subject->completes ) {
      bench_flush( &b );
      CHECK_EQ( bench_send( &b, &batch, 0UL, 1, &idx ), PL_AIO_SUCCESS );
    }
    bench_close( &b, &arrived );
    if( c->subject->exact ) CHECK_EQ( arrived.cnt, c->subject->room + 1UL );
    if( c->subject->exact ) CHECK( frames_match( &arrived, c->subject->room, c->sz, c->subject->room ) );
    frames_free( &arrived );
  }
  bench_batch_delete( &batch );
}

void
clause_flush( void const * arg ) {
  bench_case_t const * c = arg;
  bench_batch_t        batch;
  frames_t             arrived;
  bench_t              b;
  unsigned long        idx;
  bench_batch_new( &batch, 1UL, c->sz );
  bench_batch_add( &batch, c->sz, 0UL, 0x0800 );

  /* A packet that was held back goes with an empty flush. */
  if( !bench_open( &b, c ) ) return;
  CHECK_EQ( bench_send( &b, &batch, 0UL, 0, &idx ), PL_AIO_SUCCESS );
  if( c->subject->work ) c->subject->work( &b.inst );
  bench_look( &b );
  bench_flush( &b );
  if( c->subject->completes ) CHECK_EQ( b.completed, 1UL );

  /* Flushing nothing, over and over, and a full instance: it always returns. */
  for( int i = 0; i < 100; i++ ) CHECK_EQ( pl_aio_send( b.inst.aio, NULL, 0UL, NULL, 1 ), PL_AIO_SUCCESS );
  if( c->subject->room && !c->subject->frees ) {
    for( unsigned long i = 0UL; i < c->subject->room + 2UL; i++ )
      if( bench_send( &b, &batch, 0UL, 1, &idx ) != PL_AIO_SUCCESS ) break;
    for( int i = 0; i < 100; i++ ) {
      CHECK_EQ( bench_send( &b, &batch, 0UL, 1, &idx ), PL_AIO_ERR_AGAIN );
      CHECK_EQ( pl_aio_send( b.inst.aio, NULL, 0UL, NULL, 1 ), PL_AIO_SUCCESS );
    }
  }
  uint64_t taken = b.taken;
  bench_close( &b, &arrived );
  if( c->subject->exact ) CHECK_EQ( arrived.cnt, taken );
  frames_free( &arrived );
  bench_batch_delete( &batch );
}
