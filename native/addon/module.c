/* The addon's entry: its functions, and the core's tables as data so that a test
   can compare them with the TypeScript ones. */

#include "handles.h"
#include "os/datagram.h"
#include "pl_receive.h"

#include <math.h>
#include <signal.h>

static napi_value
option( napi_env env, pl_opt_def_t const * d ) {
  static char const * const kinds[PL_OPT_KIND_CNT] = { "whole", "rate", "probability", "bytes", "duration", "output", "instance", "choice" };
  napi_value v, required, words, word;
  napi_create_object( env, &v );
  pl_put_string( env, v, "name", d->name );
  pl_put_string( env, v, "kind", kinds[d->kind] );
  pl_put_number( env, v, "min", d->min );
  pl_put_number( env, v, "max", d->max );
  pl_put_number( env, v, "default", d->dflt );
  napi_get_boolean( env, d->required, &required );
  pl_put( env, v, "required", required );
  napi_create_array( env, &words );
  for( uint32_t i = 0U; d->words && d->words[i]; i++ ) {
    napi_create_string_utf8( env, d->words[i], NAPI_AUTO_LENGTH, &word );
    napi_set_element( env, words, i, word );
  }
  pl_put( env, v, "words", words );
  return v;
}

static napi_value
backend( napi_env env, pl_backend_def_t const * def ) {
  napi_value v, list, flag;
  napi_create_object( env, &v );
  pl_put_string( env, v, "name", def->name );
  napi_get_boolean( env, def->has_peer, &flag );
  pl_put( env, v, "peer", flag );
  napi_get_boolean( env, def->has_mtu, &flag );
  pl_put( env, v, "mtu", flag );
  pl_put_string( env, v, "device", !def->open_on ? "none" : def->open ? "optional" : "needed" );
  napi_create_array( env, &list );
  for( unsigned long i = 0UL; i < def->opt_cnt; i++ )
    napi_set_element( env, list, (uint32_t)i, option( env, &def->opts[i] ) );
  pl_put( env, v, "options", list );
  return v;
}

static napi_value
tables( napi_env env, napi_callback_info info ) {
  (void)info;
  napi_value v, list, name;
  napi_create_object( env, &v );
  pl_put_number( env, v, "success", PL_AIO_SUCCESS );
  pl_put_number( env, v, "inval", PL_AIO_ERR_INVAL );
  pl_put_number( env, v, "again", PL_AIO_ERR_AGAIN );
  pl_put_string( env, v, "strSuccess", pl_aio_strerror( PL_AIO_SUCCESS ) );
  pl_put_string( env, v, "strInval", pl_aio_strerror( PL_AIO_ERR_INVAL ) );
  pl_put_string( env, v, "strAgain", pl_aio_strerror( PL_AIO_ERR_AGAIN ) );
  pl_put_number( env, v, "bufMax", PL_AIO_PKT_INFO_BUF_MAX );
  pl_put_number( env, v, "align", PL_AIO_PKT_INFO_ALIGN );
  pl_put_number( env, v, "footprint", PL_AIO_PKT_INFO_FOOTPRINT );
  pl_put_number( env, v, "batchMax", PL_BATCH_MAX );
  pl_put_number( env, v, "calls", PL_CALLS );
#ifdef PL_OS_LINUX
  pl_put( env, v, "lab", pl_lab_limits( env ) );
#endif
  pl_put_number( env, v, "frames", PL_FRAMES );
  pl_put_number( env, v, "frameMax", PL_FRAME_MAX );
  pl_put_number( env, v, "streams", PL_STREAMS );
  napi_create_array( env, &list );
  for( int i = 0; i < PL_STATE_CNT; i++ ) {
    napi_create_string_utf8( env, pl_state_name( i ), NAPI_AUTO_LENGTH, &name );
    napi_set_element( env, list, (uint32_t)i, name );
  }
  pl_put( env, v, "states", list );
  napi_get_boolean( env, pl_os_has_late_errors != 0, &list );
  pl_put( env, v, "lateErrors", list );
  unsigned long                    cnt;
  pl_backend_def_t const * const * table = pl_backend_table( &cnt );
  napi_create_array( env, &list );
  for( unsigned long i = 0UL; i < cnt; i++ ) napi_set_element( env, list, (uint32_t)i, backend( env, table[i] ) );
  pl_put( env, v, "backends", list );
  return v;
}

NAPI_MODULE_INIT() {
  /* A file-size limit is an errno to report, not a reason to die. */
  struct sigaction old;
  if( !sigaction( SIGXFSZ, NULL, &old ) && old.sa_handler == SIG_DFL ) signal( SIGXFSZ, SIG_IGN );

  napi_property_descriptor const functions[] = {
      { .utf8name = "tables", .method = tables, .attributes = napi_enumerable },
      { .utf8name = "openBackend", .method = pl_open_backend, .attributes = napi_enumerable },
      { .utf8name = "closeBackend", .method = pl_close_backend, .attributes = napi_enumerable },
      { .utf8name = "startRun", .method = pl_start_run, .attributes = napi_enumerable },
      { .utf8name = "stopRun", .method = pl_stop_run, .attributes = napi_enumerable },
      { .utf8name = "flushRun", .method = pl_flush_run, .attributes = napi_enumerable },
      { .utf8name = "tuneRun", .method = pl_tune_run, .attributes = napi_enumerable },
      { .utf8name = "readRun", .method = pl_read_run, .attributes = napi_enumerable },
      { .utf8name = "readCalls", .method = pl_read_calls, .attributes = napi_enumerable },
      { .utf8name = "readHistograms", .method = pl_read_histograms, .attributes = napi_enumerable },
      { .utf8name = "readFrames", .method = pl_read_frames, .attributes = napi_enumerable },
      { .utf8name = "readStream", .method = pl_read_stream, .attributes = napi_enumerable },
      { .utf8name = "endRun", .method = pl_end_run, .attributes = napi_enumerable },
      { .utf8name = "scanCapture", .method = pl_scan_capture, .attributes = napi_enumerable },
      { .utf8name = "probeCapture", .method = pl_probe_capture, .attributes = napi_enumerable },
      { .utf8name = "turnLoop", .method = pl_turn_loop, .attributes = napi_enumerable },
  };
  napi_define_properties( env, exports, sizeof( functions ) / sizeof( functions[0] ), functions );
#ifdef PL_OS_LINUX
  pl_define_lab( env, exports );
#endif
  return exports;
}
