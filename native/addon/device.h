/* device.h: an interface of a lab on its way from JavaScript to a backend.  Linux only. */

#ifndef PL_ADDON_DEVICE_H
#define PL_ADDON_DEVICE_H

#include "args.h"

struct pl_device;

/* Takes {lab, port, end, send, receive, memory} over: its descriptors are in the
   result, to be freed.  receive and memory may be null.  NULL = thrown; then those that
   were taken are closed. */
struct pl_device * pl_device_read( napi_env env, napi_value obj );

/* Frees it; with its descriptors unless a backend has them now.  NULL is fine. */
void pl_device_free( struct pl_device * device, int given );

#endif /* PL_ADDON_DEVICE_H */
