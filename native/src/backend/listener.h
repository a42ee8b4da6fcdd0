/* listener.h: what a backend on an interface is when it has nothing to send with: it counts
   what arrives there, whoever sent it. */

#ifndef PL_LISTENER_H
#define PL_LISTENER_H

#include "pl_backend.h"

struct pl_device;

/* Whether a device has nothing to send with, and its receiver can do without: a TAP device goes with its sender. */
int pl_listener_fits( pl_backend_def_t const * of, struct pl_device const * device );

/* Opens it on such a device, which needs recv_fd: the socket on the interface
   itself.  Linux only.  def is the backend's, for its name and its option peer-ring.  NULL with err. */
pl_backend_t * pl_listener_open( pl_backend_def_t const * def, pl_opt_vals_t const * vals,
                                 struct pl_device const * device, pl_err_t * err );

#endif /* PL_LISTENER_H */
