/* The far side of the dispatch measurement.  It is a translation unit of its own so
   that no compiler sees through the indirect call. */

#include "pair.h"

#include <stdlib.h>
#include <string.h>

static int
sink_send( void * ctx, pl_aio_pkt_info_t const * batch, unsigned long batch_cnt, unsigned long * opt_batch_idx,
           int flush ) {
  (void)opt_batch_idx;
  uint64_t sum = (uint64_t)flush;
  for( unsigned long i = 0UL; i < batch_cnt; i++ ) sum += batch[i].buf_sz;
  *(uint64_t *)ctx += sum;
  return PL_AIO_SUCCESS;
}

pl_aio_send_func_t sink_func = sink_send;

pl_aio_t const *
sink_aio( void ) {
  static uint64_t       bytes;
  static pl_aio_t const aio = { .ctx = &bytes, .send_func = sink_send };
  return &aio;
}

pl_aio_pkt_info_t *
frames_make( unsigned long sz, unsigned long cnt ) {
  pl_aio_pkt_info_t * batch = aligned_alloc( PL_AIO_PKT_INFO_ALIGN, cnt * sizeof( pl_aio_pkt_info_t ) );
  uint8_t *           frame = malloc( sz );
  if( !batch || !frame ) {
    free( batch );
    free( frame );
    return NULL;
  }
  memset( frame, 2, sz );
  frame[12] = 0x08; /* EtherType IPv4 */
  frame[13] = 0x00;
  for( unsigned long i = 0UL; i < cnt; i++ ) batch[i] = (pl_aio_pkt_info_t){ .buf = frame, .buf_sz = (uint16_t)sz };
  return batch;
}

void
frames_free( pl_aio_pkt_info_t * batch ) {
  if( batch ) free( batch[0].buf );
  free( batch );
}
