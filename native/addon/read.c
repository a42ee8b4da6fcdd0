/* readRun: what a run has published, as JavaScript values. */

#include "handles.h"

static napi_value
occurrence( napi_env env, pl_run_t const * run, pl_occurrence_t const * of ) {
  char       text[PL_SENTENCE_MAX];
  napi_value v;
  napi_create_object( env, &v );
  pl_run_cause_text( run, of, text, sizeof( text ) );
  pl_put_number( env, v, "ordinal", (double)of->ordinal );
  pl_put_number( env, v, "call", (double)of->call );
  pl_put_number( env, v, "index", (double)of->idx );
  pl_put_string( env, v, "sentence", text );
  return v;
}

static napi_value
reasons( napi_env env, pl_run_t const * run, pl_snapshot_t const * snap ) {
  napi_value list, v;
  uint32_t   cnt = 0;
  napi_create_array( env, &list );
  for( unsigned long i = 0UL; i < PL_REASON_MAX && snap->reasons[i].cnt; i++ ) {
    pl_reason_t const * r = &snap->reasons[i];
    napi_create_object( env, &v );
    pl_put_string( env, v, "code", r->inval ? "inval" : "again" );
    pl_put_number( env, v, "count", (double)r->cnt );
    pl_put( env, v, "first", occurrence( env, run, &r->first ) );
    pl_put( env, v, "last", occurrence( env, run, &r->last ) );
    napi_set_element( env, list, cnt++, v );
  }
  return list;
}

static napi_value
fault_value( napi_env env, pl_state_t const * fault ) {
  napi_value v;
  if( !fault ) {
    napi_get_null( env, &v );
    return v;
  }
  napi_create_object( env, &v );
  pl_put_string( env, v, "state", pl_state_name( fault->state ) );
  pl_put_string( env, v, "step", fault->step );
  pl_put_number( env, v, "errno", (double)fault->err );
  pl_put_string( env, v, "sentence", fault->sentence );
  return v;
}

/* {counters: {...}, latency: {n, p50, p90, p99, p999, max}, reasons, late, signature, fault, ended} */
napi_value
pl_read_run( napi_env env, napi_callback_info info ) {
  static char const * const names[6] = { "n", "p50", "p90", "p99", "p999", "max" };
  napi_value        args[1], v, sub, ended;
  pl_run_handle_t * h;
  if( pl_args( env, info, 1, args ) || !( h = pl_running( env, args[0] ) ) ) return NULL;
  int           over = pl_run_ended( h->run ); /* before the totals: they are final if it is */
  pl_snapshot_t snap;
  uint64_t      latency[6];
  pl_run_snapshot( h->run, &snap );
  pl_run_latency( h->run, latency );
  napi_create_object( env, &v );
  napi_create_object( env, &sub );
#define X( name ) pl_put_number( env, sub, #name, (double)snap.counters.name );
  PL_COUNTERS( X )
#undef X
  pl_put( env, v, "counters", sub );
  napi_create_object( env, &sub );
  for( int i = 0; i < 6; i++ ) pl_put_number( env, sub, names[i], (double)latency[i] );
  pl_put( env, v, "latency", sub );
  pl_put( env, v, "reasons", reasons( env, h->run, &snap ) );
  pl_counters_t const * c    = &snap.counters;
  pl_occurrence_t const late = { .id = c->late_id, .a = c->late_a, .b = c->late_b, .c = c->late_c };
  char                  text[PL_SENTENCE_MAX] = "";
  if( late.id ) pl_run_cause_text( h->run, &late, text, sizeof( text ) );
  pl_put_string( env, v, "late", text );
  pl_put( env, v, "signature", pl_received_value( env, h->run ) );
  pl_put( env, v, "fault", fault_value( env, over ? pl_run_fault( h->run ) : NULL ) );
  napi_get_boolean( env, over, &ended );
  pl_put( env, v, "ended", ended );
  return v;
}
