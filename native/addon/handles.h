/* handles.h: what the addon's objects hold.  A backend owns at most one run; both
   end with their environment, the run first. */

#ifndef PL_HANDLES_H
#define PL_HANDLES_H

#include "args.h"
#include "pl_run.h"

typedef struct pl_run_handle pl_run_handle_t;

typedef struct {
  pl_backend_t *    backend; /* NULL once closed */
  int               busy;    /* an asynchronous call is using it */
  pl_run_handle_t * run;     /* NULL when none */
  napi_env          env;
} pl_backend_handle_t;

struct pl_run_handle {
  pl_run_t *               run; /* NULL once deleted */
  pl_backend_handle_t *    owner;
  int                      busy;
  napi_threadsafe_function done;
  napi_ref                 self; /* keeps the object while the run exists */
  napi_ref                 owner_ref;
  napi_env                 env;
};

typedef struct {
  struct pl_lab *          lab; /* NULL once closed */
  int                      busy; /* asynchronous calls that are using it */
  int                      closing;
  struct pl_descriptors *  descriptors; /* what was handed over and nobody took */
  napi_threadsafe_function died;
} pl_lab_handle_t;

extern napi_type_tag const pl_backend_tag;
extern napi_type_tag const pl_lab_tag;
extern napi_type_tag const pl_run_tag;

/* The handle in v while its run exists, or NULL (thrown). */
pl_run_handle_t * pl_running( napi_env env, napi_value v );

/* What the run's far end has received, null without signatures. */
napi_value pl_received_value( napi_env env, pl_run_t * run );

/* Buckets as a Float64Array of lower, upper, count; NULL (thrown). */
napi_value pl_bucket_rows( napi_env env, pl_bucket_t const * b, unsigned long cnt );

napi_value pl_open_backend( napi_env env, napi_callback_info info );
napi_value pl_close_backend( napi_env env, napi_callback_info info );
napi_value pl_start_run( napi_env env, napi_callback_info info );
napi_value pl_stop_run( napi_env env, napi_callback_info info );
napi_value pl_flush_run( napi_env env, napi_callback_info info );
napi_value pl_tune_run( napi_env env, napi_callback_info info );
napi_value pl_read_run( napi_env env, napi_callback_info info );
napi_value pl_read_calls( napi_env env, napi_callback_info info );
napi_value pl_read_histograms( napi_env env, napi_callback_info info );
napi_value pl_read_frames( napi_env env, napi_callback_info info );
napi_value pl_read_stream( napi_env env, napi_callback_info info );
napi_value pl_end_run( napi_env env, napi_callback_info info );
napi_value pl_scan_capture( napi_env env, napi_callback_info info );
napi_value pl_probe_capture( napi_env env, napi_callback_info info );
napi_value pl_turn_loop( napi_env env, napi_callback_info info );

/* Linux only: the functions about labs and interfaces as members of exports, and the bounds of a lab. */
void       pl_define_lab( napi_env env, napi_value exports );
napi_value pl_lab_limits( napi_env env );
struct pl_link_facts;
napi_value pl_link_facts_object( napi_env env, struct pl_link_facts const * facts );
napi_value pl_link_facts_of( napi_env env, napi_callback_info info );

#endif /* PL_HANDLES_H */
