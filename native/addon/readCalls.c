/* readCalls and readHistograms: rows of numbers in one Float64Array each, because
   thousands of objects would cost main milliseconds. */

#include "handles.h"

#include <math.h>
#include <stdlib.h>

#define COLUMNS (10UL) /* as in app/stats/calls.ts */
#define CODES   (3UL)
#define MEMO    (64UL)

/* Causes met in one reading.  Most calls share a handful; where each has its own,
   each gets its sentence. */
typedef struct {
  pl_run_t const * run;
  napi_env         env;
  napi_value       sentences;
  uint32_t         cnt;
  struct {
    uint64_t id, a, b, c;
    uint32_t place; /* 1-based */
  } memo[MEMO];
} causes_t;

/* The 1-based place of the sentence of the call's cause, 0 when it has none. */
static double
cause_place( causes_t * self, pl_call_t const * call ) {
  if( !call->code ) return 0;
  uint64_t at = ( call->cause * 31UL + call->a * 7UL + call->b * 3UL + call->c ) % MEMO;
  if( self->memo[at].place && self->memo[at].id == call->cause && self->memo[at].a == call->a &&
      self->memo[at].b == call->b && self->memo[at].c == call->c )
    return self->memo[at].place;
  char       text[PL_SENTENCE_MAX];
  napi_value v;
  pl_run_call_text( self->run, call, text, sizeof( text ) );
  napi_create_string_utf8( self->env, text, NAPI_AUTO_LENGTH, &v );
  napi_set_element( self->env, self->sentences, self->cnt++, v );
  self->memo[at].id    = call->cause;
  self->memo[at].a     = call->a;
  self->memo[at].b     = call->b;
  self->memo[at].c     = call->c;
  self->memo[at].place = self->cnt;
  return self->cnt;
}

/* A Float64Array of n numbers with its memory, or NULL (thrown). */
static napi_value
doubles( napi_env env, unsigned long n, double ** cells ) {
  napi_value buffer, v;
  void *     data = NULL;
  if( napi_create_arraybuffer( env, n * sizeof( double ), &data, &buffer ) != napi_ok ||
      napi_create_typedarray( env, napi_float64_array, n, buffer, 0, &v ) != napi_ok )
    return pl_throw( env, "The calls could not be read: out of memory." ), NULL;
  *cells = data;
  return v;
}

/* Rows of calls.  since is the time of the first call; a backend without a ring has
   no occupancy (NaN). */
static napi_value
call_rows( napi_env env, causes_t * causes, pl_call_t const * calls, unsigned long cnt, uint64_t since, int ring ) {
  double *   cell;
  napi_value v = doubles( env, cnt * COLUMNS, &cell );
  for( unsigned long i = 0UL; v && i < cnt; i++ ) {
    pl_call_t const * c = &calls[i];
    *cell++             = (double)c->seq;
    *cell++             = (double)( c->t_ns - since );
    *cell++             = (double)c->dur_ns;
    *cell++             = c->cnt;
    *cell++             = c->idx;
    *cell++             = c->code;
    *cell++             = c->flush;
    *cell++             = cause_place( causes, c );
    *cell++             = ring ? c->occ_before : (double)NAN;
    *cell++             = ring ? c->occ_after : (double)NAN;
  }
  return v;
}

/* readCalls( run, first, max ) -> {total, calls, firsts, sentences} */
napi_value
pl_read_calls( napi_env env, napi_callback_info info ) {
  napi_value        args[3], v, rows;
  pl_run_handle_t * h;
  uint64_t          first, max;
  if( pl_args( env, info, 3, args ) || !( h = pl_running( env, args[0] ) ) ||
      pl_arg_whole( env, args[1], "first", 0, PL_EXACT_MAX, &first ) || pl_arg_whole( env, args[2], "max", 0, PL_CALLS, &max ) )
    return NULL;
  pl_call_t * calls = calloc( max + 1UL, sizeof( pl_call_t ) );
  if( !calls ) return pl_throw( env, "The calls could not be read: out of memory." ), NULL;
  causes_t * causes = calloc( 1UL, sizeof( causes_t ) );
  if( !causes ) return free( calls ), pl_throw( env, "The calls could not be read: out of memory." ), NULL;
  causes->run = h->run;
  causes->env = env;
  napi_create_array( env, &causes->sentences );
  static int const codes[CODES] = { PL_AIO_SUCCESS, PL_AIO_ERR_AGAIN, PL_AIO_ERR_INVAL };
  pl_call_t        firsts[CODES];
  pl_snapshot_t    snap;
  unsigned long    first_cnt = 0UL;
  unsigned long    cnt       = pl_run_calls( h->run, first, calls, max );
  uint64_t         total     = pl_run_calls_made( h->run );
  uint64_t         since     = UINT64_MAX;
  pl_run_snapshot( h->run, &snap );
  int ring = snap.counters.ring_cap != 0UL;
  for( unsigned long i = 0UL; i < CODES; i++ ) {
    if( !pl_run_first_call( h->run, codes[i], &firsts[first_cnt] ) ) continue;
    if( firsts[first_cnt].t_ns < since ) since = firsts[first_cnt].t_ns;
    first_cnt++;
  }
  napi_create_object( env, &v );
  pl_put_number( env, v, "total", (double)total );
  if( ( rows = call_rows( env, causes, calls, cnt, since, ring ) ) ) pl_put( env, v, "calls", rows );
  if( rows && ( rows = call_rows( env, causes, firsts, first_cnt, since, ring ) ) ) pl_put( env, v, "firsts", rows );
  pl_put( env, v, "sentences", causes->sentences );
  free( causes );
  free( calls );
  return rows ? v : NULL;
}

napi_value
pl_bucket_rows( napi_env env, pl_bucket_t const * b, unsigned long cnt ) {
  double *   cell;
  napi_value v = doubles( env, cnt * 3UL, &cell );
  for( unsigned long i = 0UL; v && i < cnt; i++ ) {
    *cell++ = (double)b[i].lower;
    *cell++ = (double)b[i].upper;
    *cell++ = (double)b[i].cnt;
  }
  return v;
}

/* readHistograms( run ) -> {latency, batches}: rows of lower, upper, count */
napi_value
pl_read_histograms( napi_env env, napi_callback_info info ) {
  napi_value        args[1], v, latency, batches;
  pl_run_handle_t * h;
  if( pl_args( env, info, 1, args ) || !( h = pl_running( env, args[0] ) ) ) return NULL;
  unsigned long const max = PL_LATENCY_BUCKETS + PL_BATCH_MAX + 1UL;
  pl_bucket_t *       b   = calloc( max, sizeof( pl_bucket_t ) );
  if( !b ) return pl_throw( env, "The histograms could not be read: out of memory." ), NULL;
  latency = pl_bucket_rows( env, b, pl_run_latency_buckets( h->run, b, max ) );
  batches = latency ? pl_bucket_rows( env, b, pl_run_batches( h->run, b, max ) ) : NULL;
  free( b );
  if( !batches ) return NULL;
  napi_create_object( env, &v );
  pl_put( env, v, "latency", latency );
  pl_put( env, v, "batches", batches );
  return v;
}
