/* pl_aio.h: constants, layout, misuse, and forwarding. */

#include "pl_aio.h"
#include "tap.h"

#include <limits.h>
#include <stdlib.h>

_Static_assert( PL_AIO_SUCCESS == 0, "success" );
_Static_assert( PL_AIO_ERR_INVAL == -1, "bad input arguments" );
_Static_assert( PL_AIO_ERR_AGAIN == -2, "try again later" );
_Static_assert( PL_AIO_PKT_INFO_ALIGN == 16UL, "alignment" );
_Static_assert( PL_AIO_PKT_INFO_FOOTPRINT == 16UL, "footprint" );
_Static_assert( PL_AIO_PKT_INFO_BUF_MAX == 4096UL, "largest buffer" );
_Static_assert( _Alignof( pl_aio_pkt_info_t ) == PL_AIO_PKT_INFO_ALIGN, "alignment of the struct" );
_Static_assert( sizeof( pl_aio_pkt_info_t ) == PL_AIO_PKT_INFO_FOOTPRINT, "footprint of the struct" );
_Static_assert( offsetof( pl_aio_pkt_info_t, buf ) == 0, "buf comes first" );
_Static_assert( offsetof( pl_aio_pkt_info_t, buf_sz ) == sizeof( void * ), "buf_sz comes second" );
_Static_assert( sizeof( ( (pl_aio_pkt_info_t *)0 )->buf_sz ) == 2, "buf_sz has 16 bits" );
_Static_assert( _Generic( ( (pl_aio_pkt_info_t *)0 )->buf_sz, uint16_t: 1, default: 0 ), "buf_sz is unsigned" );
_Static_assert( _Generic( ( (pl_aio_pkt_info_t *)0 )->buf, void *: 1, default: 0 ), "buf points to anything" );
_Static_assert( offsetof( pl_aio_t, ctx ) == 0, "ctx comes first" );
_Static_assert( offsetof( pl_aio_t, send_func ) == sizeof( void * ), "send_func comes second" );
_Static_assert( sizeof( pl_aio_t ) == 2 * sizeof( void * ), "an AIO is two words" );
_Static_assert( _Generic( (pl_aio_send_func_t)0,
                          int ( * )( void *, pl_aio_pkt_info_t const *, unsigned long, unsigned long *, int ): 1,
                          default: 0 ),
                "the type of a send function" );

/* What the log heard. */
typedef struct {
  int  cnt;
  char last[256];
} heard_t;

static void
hear( void * ctx, char const * msg ) {
  heard_t * heard = ctx;
  heard->cnt++;
  strncpy( heard->last, msg, sizeof( heard->last ) - 1UL );
}

/* What a send function was given. */
typedef struct {
  int                       cnt;
  void *                    ctx;
  pl_aio_pkt_info_t const * batch;
  unsigned long             batch_cnt;
  unsigned long *           idx;
  int                       flush;
  int                       answer;
} call_t;

static call_t call;

static int
note_call( void * ctx, pl_aio_pkt_info_t const * batch, unsigned long batch_cnt, unsigned long * opt_batch_idx, int flush ) {
  int answer = call.answer;
  call       = (call_t){ .cnt       = call.cnt + 1,
                         .ctx       = ctx,
                         .batch     = batch,
                         .batch_cnt = batch_cnt,
                         .idx       = opt_batch_idx,
                         .flush     = flush,
                         .answer    = answer };
  return answer;
}

static void
layout( void ) {
  CHECK_EQ( pl_aio_align(), _Alignof( pl_aio_t ) );
  CHECK_EQ( pl_aio_footprint(), sizeof( pl_aio_t ) );
  pl_aio_pkt_info_t batch[3];
  CHECK_EQ( (char *)&batch[1] - (char *)&batch[0], 16 );
  CHECK_EQ( (uintptr_t)&batch[1] % 16U, 0 );
}

static void
life( void ) {
  int    ctx   = 1;
  void * shmem = aligned_alloc( pl_aio_align(), pl_aio_footprint() );
  CHECK( pl_aio_new( shmem, &ctx, note_call ) == shmem );
  pl_aio_t * aio = pl_aio_join( shmem );
  CHECK( (void *)aio == shmem );
  CHECK( pl_aio_ctx( aio ) == &ctx );
  CHECK( pl_aio_send_func( aio ) == note_call );
  CHECK( pl_aio_leave( aio ) == shmem );
  CHECK( pl_aio_delete( shmem ) == shmem );
  free( shmem ); /* a double free, had delete freed it */

  /* The same memory may be formatted again, and on the stack as well. */
  pl_aio_t here;
  CHECK( pl_aio_new( &here, NULL, note_call ) == &here );
  CHECK( !pl_aio_ctx( pl_aio_join( &here ) ) );
  CHECK( pl_aio_delete( pl_aio_leave( &here ) ) == &here );
  CHECK( pl_aio_new( &here, &ctx, note_call ) == &here );
  CHECK( pl_aio_ctx( &here ) == &ctx );
}

/* Runs expr, which must give NULL and one warning with the word. */
#define MISUSE( expr, word )                                                                                          \
  do {                                                                                                                \
    int before = heard.cnt;                                                                                           \
    CHECK( !( expr ) );                                                                                               \
    CHECK_EQ( heard.cnt, before + 1 );                                                                                \
    CHECK_HAS( heard.last, word );                                                                                    \
  } while( 0 )

static void
misuse( void ) {
  heard_t                   heard = { 0 };
  _Alignas( 16 ) char       memory[64];
  pl_aio_set_log( hear, &heard );
  MISUSE( pl_aio_new( NULL, NULL, note_call ), "pl_aio_new: NULL shmem" );
  MISUSE( pl_aio_new( NULL, &heard, NULL ), "NULL shmem" );
  MISUSE( pl_aio_new( memory, NULL, NULL ), "pl_aio_new: NULL send_func" );
  for( unsigned long off = 1UL; off < pl_aio_align(); off++ )
    MISUSE( pl_aio_new( memory + off, NULL, note_call ), "pl_aio_new: misaligned shmem" );
  MISUSE( pl_aio_join( NULL ), "pl_aio_join: NULL shaio" );
  MISUSE( pl_aio_leave( NULL ), "pl_aio_leave: NULL aio" );
  MISUSE( pl_aio_delete( NULL ), "pl_aio_delete: NULL shaio" );
  MISUSE( pl_aio_ctx( NULL ), "pl_aio_ctx: NULL aio" );
  MISUSE( pl_aio_send_func( NULL ), "pl_aio_send_func: NULL aio" );

  /* What is right warns of nothing. */
  int before = heard.cnt;
  CHECK( pl_aio_new( memory, NULL, note_call ) );
  CHECK( pl_aio_join( memory ) );
  CHECK( !pl_aio_ctx( (pl_aio_t *)memory ) );
  CHECK( pl_aio_leave( (pl_aio_t *)memory ) );
  CHECK( pl_aio_delete( memory ) );
  CHECK_EQ( heard.cnt, before );

  /* NULL brings the default back, which does not use the old context. */
  pl_aio_set_log( NULL, &heard );
  CHECK( !pl_aio_join( NULL ) );
  CHECK_EQ( heard.cnt, before );
}

static void
strerrors( void ) {
  CHECK_STR( pl_aio_strerror( PL_AIO_SUCCESS ), "success" );
  CHECK_STR( pl_aio_strerror( PL_AIO_ERR_INVAL ), "bad input arguments" );
  CHECK_STR( pl_aio_strerror( PL_AIO_ERR_AGAIN ), "try again later" );
  int const unknown[] = { 1, 2, 3, -3, -4, -1000, 255, 256, -256, INT_MAX, INT_MIN, INT_MIN + 1 };
  for( unsigned long i = 0UL; i < sizeof( unknown ) / sizeof( unknown[0] ); i++ )
    CHECK_STR( pl_aio_strerror( unknown[i] ), "unknown" );
  char const * first = pl_aio_strerror( PL_AIO_ERR_AGAIN );
  (void)pl_aio_strerror( 5 );
  CHECK_STR( first, "try again later" );
}

static void
forwarded( void ) {
  int               ctx = 0;
  pl_aio_t          aio;
  pl_aio_pkt_info_t batch[2] = { { .buf = &ctx, .buf_sz = 1 }, { .buf = NULL, .buf_sz = 0 } };
  unsigned long     idx      = 99UL;
  int const         codes[]  = { PL_AIO_SUCCESS, PL_AIO_ERR_INVAL, PL_AIO_ERR_AGAIN, -77, INT_MIN };
  unsigned long const cnts[] = { 0UL, 1UL, 2UL, ULONG_MAX };
  int const           flushes[] = { 0, 1, -1, 2, INT_MIN };
  CHECK( pl_aio_new( &aio, &ctx, note_call ) );
  memset( &call, 0, sizeof( call ) );
  int calls = 0;
  for( unsigned long c = 0UL; c < sizeof( codes ) / sizeof( codes[0] ); c++ )
    for( unsigned long n = 0UL; n < sizeof( cnts ) / sizeof( cnts[0] ); n++ )
      for( unsigned long f = 0UL; f < sizeof( flushes ) / sizeof( flushes[0] ); f++ )
        for( int nulls = 0; nulls < 4; nulls++ ) {
          pl_aio_pkt_info_t const * b = nulls & 1 ? NULL : batch;
          unsigned long *           i = nulls & 2 ? NULL : &idx;
          call.answer                 = codes[c];
          CHECK_EQ( pl_aio_send( &aio, b, cnts[n], i, flushes[f] ), codes[c] );
          CHECK( call.ctx == &ctx && call.batch == b && call.batch_cnt == cnts[n] && call.idx == i &&
                 call.flush == flushes[f] );
          CHECK_EQ( call.cnt, ++calls );
        }
  CHECK_EQ( idx, 99UL );

  /* NULL ctx arrives as NULL. */
  CHECK( pl_aio_new( &aio, NULL, note_call ) );
  call.answer = PL_AIO_SUCCESS;
  CHECK_EQ( pl_aio_send( &aio, batch, 2UL, NULL, 0 ), PL_AIO_SUCCESS );
  CHECK( !call.ctx );
}

int
main( void ) {
  tap_run( "alignment and footprint", layout );
  tap_run( "new, join, leave, delete", life );
  tap_run( "each misuse is a warning and NULL", misuse );
  tap_run( "strerror", strerrors );
  tap_run( "send forwards everything unchanged", forwarded );
  return tap_end();
}
