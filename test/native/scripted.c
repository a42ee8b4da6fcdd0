#include "scripted.h"
#include "run/clock.h"

#include <stdio.h>
#include <string.h>

static int
scripted_send( void * ctx, pl_aio_pkt_info_t const * batch, unsigned long batch_cnt, unsigned long * opt_batch_idx, int flush ) {
  scripted_t * self = ctx;
  uint64_t     now  = pl_clock_ns();
  if( self->call_cnt < SCRIPTED_CALLS )
    self->calls[self->call_cnt] = (heard_call_t){
        .cnt = batch_cnt, .flush = flush, .first_sz = batch_cnt ? batch[0].buf_sz : 0, .t_ns = now };
  self->call_cnt++;
  answer_t answer = { .code = PL_AIO_SUCCESS };
  if( !batch_cnt && !( self->at < self->answer_cnt && self->answers[self->at].any_cnt ) ) return PL_AIO_SUCCESS;
  if( self->at < self->answer_cnt ) {
    if( !self->since ) self->since = now;
    answer = self->answers[self->at];
    if( now - self->since >= answer.for_ns ) self->at++, self->since = 0UL;
  }
  self->head.state.state = answer.state;
  self->head.state.err   = answer.state ? 5 : 0;
  self->head.state.step  = answer.state ? "scripted" : NULL;
  snprintf( self->head.state.sentence, PL_SENTENCE_MAX, "%s", answer.state ? "It was told to." : "" );
  self->head.limit = answer.at_limit;
  self->head.cause = (pl_cause_t){ .id = 7, .a = self->call_cnt };
  if( answer.code == PL_AIO_SUCCESS ) {
    self->head.completed += batch_cnt;
    return PL_AIO_SUCCESS;
  }
  if( answer.idx != UNTOUCHED ) {
    if( opt_batch_idx ) *opt_batch_idx = answer.idx;
    int known = answer.code == PL_AIO_ERR_INVAL || answer.code == PL_AIO_ERR_AGAIN;
    if( known && answer.idx < batch_cnt ) self->head.completed += answer.idx;
  }
  return answer.code;
}

static void
scripted_cause_text( pl_cause_t const * cause, char * buf, unsigned long buf_sz ) {
  snprintf( buf, buf_sz, "Call %lu said so.", (unsigned long)cause->a );
}

static pl_backend_def_t const scripted = { .name = "scripted", .cause_text = scripted_cause_text };

void
scripted_init( scripted_t * self, answer_t const * answers, unsigned long cnt ) {
  memset( self, 0, sizeof( *self ) );
  self->head.def   = &scripted;
  self->head.aio   = (pl_aio_t){ .ctx = self, .send_func = scripted_send };
  self->answers    = answers;
  self->answer_cnt = cnt;
}
