/* What a run's receiver knows: part of readRun, and readFrames and readStream. */

#include "handles.h"
#include "pl_receive.h"

#include <stdlib.h>
#include <string.h>

static napi_value
times( napi_env env, uint64_t const v[6] ) {
  static char const * const names[6] = { "n", "p50", "p90", "p99", "p999", "max" };
  napi_value                obj;
  napi_create_object( env, &obj );
  for( int i = 0; i < 6; i++ ) pl_put_number( env, obj, names[i], (double)v[i] );
  return obj;
}

napi_value
pl_received_value( napi_env env, pl_run_t * run ) {
  pl_rx_totals_t t;
  napi_value     v, list, stream;
  uint32_t       cnt = 0U;
  if( !pl_run_received( run, &t ) ) {
    napi_get_null( env, &v );
    return v;
  }
  napi_create_object( env, &v );
  napi_create_array( env, &list );
  for( uint32_t i = 0U; i < PL_STREAMS; i++ ) {
    pl_rx_stream_t const * s = &t.stream[i];
    uint64_t               latency[6], gap[6];
    if( !s->seen ) continue;
    pl_run_stream_times( run, i, latency, gap );
    napi_create_object( env, &stream );
    pl_put_number( env, stream, "id", i );
    pl_put_number( env, stream, "received", (double)s->received );
    pl_put_number( env, stream, "lost", (double)s->lost );
    pl_put_number( env, stream, "reordered", (double)s->reordered );
    pl_put_number( env, stream, "duplicated", (double)s->duplicated );
    pl_put( env, stream, "latency", times( env, latency ) );
    pl_put( env, stream, "gap", times( env, gap ) );
    napi_set_element( env, list, cnt++, stream );
  }
  pl_put( env, v, "streams", list );
  pl_put_number( env, v, "unsigned", (double)t.unsigned_cnt );
  pl_put_number( env, v, "tooLate", (double)t.too_late );
  pl_put_number( env, v, "ownLoss", (double)t.own_loss );
  return v;
}

#define COLUMNS (4UL) /* number, time since the first call in ns, bytes, bytes kept */

/* Rows of numbers, and the kept bytes of all rows one after the other. */
static int
frame_values( napi_env env, napi_value v, pl_frame_copy_t const * f, unsigned long cnt, uint64_t since ) {
  napi_value    buffer, rows, bytes;
  void *        cells = NULL;
  void *        data  = NULL;
  unsigned long total = 0UL, at = 0UL;
  for( unsigned long i = 0UL; i < cnt; i++ ) total += f[i].sz < PL_FRAME_MAX ? f[i].sz : PL_FRAME_MAX;
  if( napi_create_arraybuffer( env, cnt * COLUMNS * sizeof( double ), &cells, &buffer ) != napi_ok ||
      napi_create_typedarray( env, napi_float64_array, cnt * COLUMNS, buffer, 0, &rows ) != napi_ok ||
      napi_create_arraybuffer( env, total, &data, &buffer ) != napi_ok ||
      napi_create_typedarray( env, napi_uint8_array, total, buffer, 0, &bytes ) != napi_ok )
    return pl_throw( env, "The frames could not be read: out of memory." );
  double * cell = cells;
  for( unsigned long i = 0UL; i < cnt; i++ ) {
    unsigned long kept = f[i].sz < PL_FRAME_MAX ? f[i].sz : PL_FRAME_MAX;
    *cell++            = (double)f[i].seq;
    *cell++            = (double)(int64_t)( f[i].t_ns - since );
    *cell++            = f[i].sz;
    *cell++            = (double)kept;
    if( kept ) memcpy( (uint8_t *)data + at, f[i].buf, kept );
    at += kept;
  }
  pl_put( env, v, "rows", rows );
  pl_put( env, v, "bytes", bytes );
  return 0;
}

/* readFrames( run ) -> {total, rows, bytes} of the last frames that arrived, oldest first */
napi_value
pl_read_frames( napi_env env, napi_callback_info info ) {
  napi_value        args[1], v;
  pl_run_handle_t * h;
  if( pl_args( env, info, 1, args ) || !( h = pl_running( env, args[0] ) ) ) return NULL;
  pl_frame_copy_t * f = calloc( PL_FRAMES, sizeof( *f ) );
  if( !f ) return pl_throw( env, "The frames could not be read: out of memory." ), NULL;
  pl_snapshot_t snap;
  uint64_t      total;
  unsigned long cnt = pl_run_frames( h->run, f, PL_FRAMES, &total );
  pl_run_snapshot( h->run, &snap );
  uint64_t since = snap.counters.first_ns ? snap.counters.first_ns : cnt ? f[0].t_ns : 0UL;
  napi_create_object( env, &v );
  pl_put_number( env, v, "total", (double)total );
  int failed = frame_values( env, v, f, cnt, since );
  free( f );
  return failed ? NULL : v;
}

/* readStream( run, id ) -> {latency, gap}: rows of lower, upper, count */
napi_value
pl_read_stream( napi_env env, napi_callback_info info ) {
  napi_value        args[2], v, latency, gap;
  pl_run_handle_t * h;
  uint64_t          id;
  if( pl_args( env, info, 2, args ) || !( h = pl_running( env, args[0] ) ) ||
      pl_arg_whole( env, args[1], "stream", 0, PL_STREAMS - 1UL, &id ) )
    return NULL;
  pl_bucket_t * b = calloc( PL_LATENCY_BUCKETS, sizeof( *b ) );
  if( !b ) return pl_throw( env, "The histograms could not be read: out of memory." ), NULL;
  latency = pl_bucket_rows( env, b, pl_run_stream_buckets( h->run, id, 0, b, PL_LATENCY_BUCKETS ) );
  gap     = latency ? pl_bucket_rows( env, b, pl_run_stream_buckets( h->run, id, 1, b, PL_LATENCY_BUCKETS ) ) : NULL;
  free( b );
  if( !gap ) return NULL;
  napi_create_object( env, &v );
  pl_put( env, v, "latency", latency );
  pl_put( env, v, "gap", gap );
  return v;
}
