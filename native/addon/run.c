/* startRun, stopRun, flushRun, tuneRun, endRun. */

#include "handles.h"
#include "run/source.h"

#include <stdlib.h>

napi_type_tag const pl_run_tag = { 0x7061636b65746c61UL, 0x72756e2d2d2d2d31UL };

#define FRAMES_MAX  (131072U)
#define FRAME_MAX   (16777216UL)
#define STREAMS_MAX (64U)

/* One stream of the plan: a capture (path), or frames. */
typedef struct {
  char *     path;
  uint8_t ** frames;
  uint32_t * sizes;
  uint32_t   cnt;
} stream_t;

typedef struct {
  pl_job_t              job;
  pl_backend_handle_t * owner;
  napi_env              env;
  napi_ref              owner_ref, callback;
  pl_run_cfg_t          cfg;
  stream_t              streams[STREAMS_MAX];
  uint32_t              cnt;
  pl_source_t *         source;
} start_job_t;

static int
read_number( napi_env env, napi_value obj, char const * name, double max, uint64_t * out ) {
  napi_value v;
  return pl_member( env, obj, name, &v ) || pl_arg_whole( env, v, name, 0, max, out );
}

/* {kind, value, burst, gapNs}, see run/pace.h. */
static int
read_rate( napi_env env, napi_value obj, pl_rate_t * rate ) {
  napi_value v;
  uint64_t   kind;
  if( read_number( env, obj, "kind", PL_RATE_CNT - 1, &kind ) || pl_member( env, obj, "value", &v ) ||
      pl_arg_number( env, v, "value", 0, 1e15, &rate->value ) ||
      read_number( env, obj, "burst", PL_EXACT_MAX, &rate->burst ) || read_number( env, obj, "gapNs", PL_EXACT_MAX, &rate->gap_ns ) )
    return -1;
  rate->kind  = (int)kind;
  int by_value = kind == PL_RATE_PPS || kind == PL_RATE_L1 || kind == PL_RATE_L2;
  if( ( by_value && !( rate->value > 0 ) ) || ( kind == PL_RATE_BURST && ( !rate->burst || !rate->gap_ns ) ) )
    return pl_throw( env, "A rate is above 0, a burst has a packet and a gap." );
  return 0;
}

/* {batch, rate, count, durationNs, once, until: code|null, flushEvery,
   flushAfterNs, again, stallNs, signature} */
static int
read_cfg( napi_env env, napi_value obj, pl_run_cfg_t * cfg ) {
  napi_value v;
  uint64_t   batch, again;
  double     until = 0;
  if( read_number( env, obj, "batch", PL_BATCH_MAX, &batch ) ) return -1;
  if( !batch ) return pl_throw( env, "batch is at least 1." );
  cfg->batch = batch;
  if( pl_member( env, obj, "rate", &v ) || read_rate( env, v, &cfg->rate ) ) return -1;
  if( read_number( env, obj, "count", PL_EXACT_MAX, &cfg->count ) ||
      read_number( env, obj, "durationNs", PL_EXACT_MAX, &cfg->duration_ns ) ||
      read_number( env, obj, "flushEvery", PL_EXACT_MAX, &cfg->flush_every ) ||
      read_number( env, obj, "flushAfterNs", PL_EXACT_MAX, &cfg->flush_after_ns ) ||
      read_number( env, obj, "again", PL_AGAIN_STOP, &again ) ||
      read_number( env, obj, "stallNs", PL_EXACT_MAX, &cfg->stall_ns ) )
    return -1;
  cfg->again = (int)again;
  if( pl_member( env, obj, "once", &v ) || pl_arg_bool( env, v, "once", &cfg->once ) ) return -1;
  if( pl_member( env, obj, "signature", &v ) || pl_arg_bool( env, v, "signature", &cfg->sign ) ) return -1;
  if( pl_member( env, obj, "until", &v ) ) return -1;
  if( ( cfg->until_set = !pl_is_null( env, v ) ) && pl_arg_number( env, v, "until", PL_AIO_ERR_AGAIN, 0, &until ) ) return -1;
  cfg->until = (int)until;
  return 0;
}

/* {capture: path} or {frames: Uint8Array[]} */
static int
read_stream( napi_env env, napi_value obj, stream_t * stream ) {
  napi_value v, frame;
  if( pl_member( env, obj, "capture", &v ) ) return -1;
  if( !pl_is_null( env, v ) ) return ( stream->path = pl_arg_string( env, v, "capture" ) ) ? 0 : -1;
  uint32_t cnt;
  if( pl_member( env, obj, "frames", &v ) ) return -1;
  if( napi_get_array_length( env, v, &cnt ) != napi_ok || !cnt || cnt > FRAMES_MAX )
    return pl_throw( env, "frames is an array of 1 to %u frames.", FRAMES_MAX );
  stream->frames = calloc( cnt, sizeof( uint8_t * ) );
  stream->sizes  = calloc( cnt, sizeof( uint32_t ) );
  if( !stream->frames || !stream->sizes ) return pl_throw( env, "The frames could not be kept: out of memory." );
  for( ; stream->cnt < cnt; stream->cnt++ )
    if( napi_get_element( env, v, stream->cnt, &frame ) != napi_ok ||
        !( stream->frames[stream->cnt] = pl_arg_bytes( env, frame, "a frame", FRAME_MAX, &stream->sizes[stream->cnt] ) ) )
      return -1;
  return 0;
}

static int
read_streams( napi_env env, napi_value v, start_job_t * j ) {
  napi_value stream;
  uint32_t   cnt;
  if( napi_get_array_length( env, v, &cnt ) != napi_ok || cnt > STREAMS_MAX )
    return pl_throw( env, "The streams are an array of at most %u; a run without any only receives.", STREAMS_MAX );
  while( j->cnt < cnt ) {
    uint32_t i = j->cnt++; /* counted first: what was read of it is freed also on failure */
    if( napi_get_element( env, v, i, &stream ) != napi_ok || read_stream( env, stream, &j->streams[i] ) ) return -1;
  }
  return 0;
}

static int
start_work( pl_job_t * job ) {
  start_job_t * j = (start_job_t *)job;
  pl_source_t * parts[STREAMS_MAX];
  if( !j->cnt ) return 0;
  for( uint32_t i = 0; i < j->cnt; i++ ) {
    stream_t const * s = &j->streams[i];
    parts[i]           = s->path ? pl_source_capture( s->path, PL_BATCH_MAX, &job->err )
                                 : pl_source_templates( (uint8_t const * const *)s->frames, s->sizes, s->cnt, &job->err );
    if( parts[i] ) continue;
    while( i ) pl_source_delete( parts[--i] );
    return -1;
  }
  j->source = pl_source_chain( parts, j->cnt, &job->err );
  return !j->source;
}

static void
start_drop( pl_job_t * job ) {
  start_job_t * j = (start_job_t *)job;
  if( j->owner ) j->owner->busy = 0;
  if( j->owner_ref ) napi_delete_reference( j->env, j->owner_ref );
  if( j->callback ) napi_delete_reference( j->env, j->callback );
  for( uint32_t i = 0; i < j->cnt; i++ ) {
    for( uint32_t f = 0; f < j->streams[i].cnt; f++ ) free( j->streams[i].frames[f] );
    free( j->streams[i].frames );
    free( j->streams[i].sizes );
    free( j->streams[i].path );
  }
  pl_source_delete( j->source );
}

/* On the run's thread, as its last act. */
static void
on_done( void * ctx ) {
  pl_run_handle_t * h = ctx;
  napi_call_threadsafe_function( h->done, NULL, napi_tsfn_nonblocking );
}

/* The environment ends (or the object is collected) while the run exists. */
static void
end_run( void * arg ) {
  pl_run_handle_t * h = arg;
  if( h->run ) pl_run_delete( h->run );
  h->run = NULL;
  if( h->owner ) h->owner->run = NULL;
  h->owner = NULL;
}

static void
finalize_run( napi_env env, void * data, void * hint ) {
  (void)hint;
  pl_run_handle_t * h = data;
  if( h->run ) napi_remove_env_cleanup_hook( env, end_run, h );
  end_run( h );
  free( h );
}

static napi_value
start_finish( napi_env env, pl_job_t * job ) {
  start_job_t *     j = (start_job_t *)job;
  pl_run_handle_t * h = calloc( 1UL, sizeof( *h ) );
  napi_value        v, callback, name, owner;
  if( !h || !( v = pl_handle_new( env, h, &pl_run_tag, finalize_run ) ) ) {
    free( h );
    pl_throw( env, "The run could not be started: out of memory." );
    return NULL;
  }
  h->env = env;
  napi_get_reference_value( env, j->callback, &callback );
  napi_get_reference_value( env, j->owner_ref, &owner );
  napi_create_string_utf8( env, "packet-lab run", NAPI_AUTO_LENGTH, &name );
  if( napi_create_threadsafe_function( env, callback, NULL, name, 0, 1, NULL, NULL, NULL, pl_call_back, &h->done ) !=
      napi_ok ) {
    pl_throw( env, "The run could not be started: no callback." );
    return NULL;
  }
  pl_source_t * source = j->source;
  j->source            = NULL; /* the run's from here on, also on failure */
  h->run               = pl_run_start( j->owner->backend, source, &j->cfg, on_done, h, &job->err );
  if( !h->run ) {
    napi_release_threadsafe_function( h->done, napi_tsfn_abort );
    pl_throw( env, "%.240s", job->err.sentence );
    return NULL;
  }
  h->owner      = j->owner;
  j->owner->run = h;
  napi_create_reference( env, v, 1, &h->self );
  napi_create_reference( env, owner, 1, &h->owner_ref );
  napi_add_env_cleanup_hook( env, end_run, h ); /* later than the callback's own, so it runs before that */
  return v;
}

napi_value
pl_start_run( napi_env env, napi_callback_info info ) {
  napi_value args[4];
  if( pl_args( env, info, 4, args ) ) return NULL;
  napi_valuetype type;
  if( napi_typeof( env, args[3], &type ) != napi_ok || type != napi_function )
    return pl_throw( env, "The fourth argument is a function." ), NULL;
  start_job_t * j = calloc( 1UL, sizeof( *j ) );
  if( !j ) return pl_throw( env, "The run could not be started: out of memory." ), NULL;
  j->job = (pl_job_t){ .work = start_work, .finish = start_finish, .drop = start_drop };
  j->env = env;
  pl_backend_handle_t * owner = NULL;
  if( !read_streams( env, args[1], j ) && !read_cfg( env, args[2], &j->cfg ) )
    owner = pl_handle_get( env, args[0], &pl_backend_tag, "a backend" );
  if( owner && ( !owner->backend || owner->busy || owner->run ) ) {
    pl_throw( env, "The backend is closed or already has a run." );
    owner = NULL;
  }
  if( !owner ) {
    start_drop( &j->job );
    free( j );
    return NULL;
  }
  j->owner    = owner;
  owner->busy = 1;
  napi_create_reference( env, args[0], 1, &j->owner_ref );
  napi_create_reference( env, args[3], 1, &j->callback );
  return pl_job_start( env, &j->job, "startRun" );
}

/* The handle of the first argument while its run exists, or NULL (thrown). */
pl_run_handle_t *
pl_running( napi_env env, napi_value v ) {
  pl_run_handle_t * h = pl_handle_get( env, v, &pl_run_tag, "a run" );
  if( h && ( !h->run || h->busy ) ) return pl_throw( env, "The run is over and gone." ), NULL;
  return h;
}

static napi_value
ask( napi_env env, napi_callback_info info, void ( *what )( pl_run_t * ) ) {
  napi_value        args[1];
  pl_run_handle_t * h;
  if( pl_args( env, info, 1, args ) || !( h = pl_running( env, args[0] ) ) ) return NULL;
  what( h->run );
  return NULL;
}

napi_value
pl_stop_run( napi_env env, napi_callback_info info ) {
  return ask( env, info, pl_run_stop );
}

napi_value
pl_flush_run( napi_env env, napi_callback_info info ) {
  return ask( env, info, pl_run_flush );
}

/* tuneRun( run, {batch, rate, flushEvery, flushAfterNs} ) */
napi_value
pl_tune_run( napi_env env, napi_callback_info info ) {
  napi_value        args[2], v;
  pl_run_handle_t * h;
  pl_run_tune_t     tune;
  uint64_t          batch;
  pl_err_t          err;
  if( pl_args( env, info, 2, args ) || read_number( env, args[1], "batch", PL_BATCH_MAX, &batch ) ||
      pl_member( env, args[1], "rate", &v ) || read_rate( env, v, &tune.rate ) ||
      read_number( env, args[1], "flushEvery", PL_EXACT_MAX, &tune.flush_every ) ||
      read_number( env, args[1], "flushAfterNs", PL_EXACT_MAX, &tune.flush_after_ns ) || !( h = pl_running( env, args[0] ) ) )
    return NULL;
  tune.batch = batch;
  if( pl_run_tune( h->run, &tune, &err ) ) pl_throw( env, "%.240s", err.sentence );
  return NULL;
}

typedef struct {
  pl_job_t          job;
  pl_run_handle_t * h;
} end_job_t;

static int
end_work( pl_job_t * job ) {
  pl_run_delete( ( (end_job_t *)job )->h->run );
  return 0;
}

static napi_value
end_finish( napi_env env, pl_job_t * job ) {
  pl_run_handle_t * h = ( (end_job_t *)job )->h;
  h->run              = NULL;
  h->busy             = 0;
  if( h->owner ) h->owner->run = NULL;
  h->owner = NULL;
  napi_release_threadsafe_function( h->done, napi_tsfn_release );
  napi_delete_reference( env, h->owner_ref );
  napi_delete_reference( env, h->self );
  napi_value undefined;
  napi_get_undefined( env, &undefined );
  return undefined;
}

static void
end_drop( pl_job_t * job ) {
  (void)job;
}

napi_value
pl_end_run( napi_env env, napi_callback_info info ) {
  napi_value        args[1];
  pl_run_handle_t * h;
  if( pl_args( env, info, 1, args ) || !( h = pl_running( env, args[0] ) ) ) return NULL;
  end_job_t * j = calloc( 1UL, sizeof( *j ) );
  if( !j ) return pl_throw( env, "The run could not be ended: out of memory." ), NULL;
  j->job = (pl_job_t){ .work = end_work, .finish = end_finish, .drop = end_drop };
  j->h   = h;
  napi_value promise = pl_job_start( env, &j->job, "endRun" );
  if( !promise ) return NULL; /* it goes on */
  h->busy = 1;
  napi_remove_env_cleanup_hook( env, end_run, h );
  return promise;
}
