/* One turn of the event loop from within a script, for command lines inside an
   Electron main process: what runs there before Chromium's user interface starts
   needs no display. */

#include "handles.h"

/* libuv's, in every Node and Electron; its header is not part of Node-API's. */
extern int uv_run( struct uv_loop_s * loop, int mode );

#define UV_RUN_ONCE (1)

/* turnLoop(): waits for the next events and runs their callbacks.  Answers whether
   more can come.  Only for a script at the bottom of the stack: within a callback
   of the loop itself it must not be called. */
napi_value
pl_turn_loop( napi_env env, napi_callback_info info ) {
  (void)info;
  struct uv_loop_s * loop = NULL;
  napi_value         more = NULL;
  int                alive = napi_get_uv_event_loop( env, &loop ) == napi_ok && uv_run( loop, UV_RUN_ONCE );
  napi_get_boolean( env, alive, &more );
  return more;
}
